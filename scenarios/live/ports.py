"""Ports on loopback: the one that was asked for, or any free one."""

import socket

from scenarios.errors import BadInput

LOOPBACK = "127.0.0.1"


def choose_port(port: int, *, option: str) -> int:
    """Return this port, or a free one for 0.

    Whoever listens on it next must be quick: nothing is reserved.

    Raises:
        BadInput: Somebody listens there already; the message says how to mend it.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do; old connections do not matter
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            raise BadInput(
                f"{option} {port}: cannot listen there ({error.strerror}); name another port, or 0 for any free one"
            ) from None
        number: int = probe.getsockname()[1]
        return number
