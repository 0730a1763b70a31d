"""Ports on loopback: the one that was asked for, or any free one."""

import socket
from collections.abc import Mapping
from contextlib import ExitStack

from scenarios.errors import BadInput

LOOPBACK = "127.0.0.1"


def choose_port(port: int, *, option: str) -> int:
    """Return this port, or a free one for 0.

    Whoever listens on it next must be quick: nothing is reserved.

    Raises:
        BadInput: Somebody listens there already; the message says how to mend it.
    """
    return choose_ports({option: port})[option]


def choose_ports(wanted: Mapping[str, int]) -> dict[str, int]:
    """Return a port of its own for each option: the one that was asked for, or a free one for 0.

    Raises:
        BadInput: A port is taken, or two options name the same.
    """
    with ExitStack() as probes:  # all at once, so that no free port is chosen twice
        chosen: dict[str, int] = {}
        for option, port in sorted(wanted.items(), key=lambda one: one[1] == 0):  # what is free must avoid the others
            if twin := next((other for other, taken in chosen.items() if taken == port), None):
                raise BadInput(f"{twin} and {option} are both {port}; two programs need two ports")
            chosen[option] = _probe(probes.enter_context(socket.socket()), port, option=option)
        return {option: chosen[option] for option in wanted}


def _probe(probe: socket.socket, port: int, *, option: str) -> int:
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do; old connections do not matter
    try:
        probe.bind((LOOPBACK, port))
    except OSError as error:
        raise BadInput(
            f"{option} {port}: cannot listen there ({error.strerror}); name another port, or 0 for any free one"
        ) from None
    number: int = probe.getsockname()[1]
    return number
