"""A playhouse: one process with one PostgreSQL server and one stage, where runs are performed as long as somebody asks.

A run has a process of its own because it takes hold of the whole interpreter: while a world runs, `time.time()` is
virtual time and nobody may start a thread or open a socket. Whoever keeps in touch with a scheduler, or moves a
progress bar, cannot live in the same process.

Orders come in on standard input and outcomes go out on standard output, pickled. When standard input ends, because
whoever asked is done or was killed, the playhouse takes its server down and ends.
"""

import logging
import os
import pickle
import secrets
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from types import FrameType
from typing import BinaryIO

from scenarios.campaign.code import code_fingerprint
from scenarios.campaign.orders import Opened, Opening, Order, Refused
from scenarios.campaign.performance import perform
from scenarios.database import database_server
from scenarios.errors import ScenarioError
from scenarios.processor import processor_of_our_own
from scenarios.virtual.stage import Stage


def main() -> None:
    """Open, perform what is ordered, close."""
    orders, outcomes = _claim_streams()
    signal.signal(signal.SIGTERM, _end)
    logging.getLogger().addHandler(logging.NullHandler())  # what a simulated service complains of interests nobody
    opening: Opening = pickle.load(orders)  # noqa: S301 - from our own parent
    with suppress(BrokenPipeError):  # whoever asked wants to know no more
        try:
            _play(opening, orders, outcomes)
        except ScenarioError as error:
            _send(Refused(error=error), outcomes)


def _play(opening: Opening, orders: BinaryIO, outcomes: BinaryIO) -> None:
    house = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    # The server is our child: it shares our processor if it is started after this.
    with processor_of_our_own(), database_server(opening.database_url) as server, Stage(server) as stage:
        _send(Opened(house=house, code=code_fingerprint()), outcomes)
        for order in _received(orders):
            outcome = perform(stage, order, house=house)
            if outcome is None:
                break  # somebody told us to end; half a run is no result
            _send(outcome, outcomes)
            if outcome.result.validity == "failed":
                break  # nobody knows in what state we are; the next order goes to a new playhouse


def _claim_streams() -> tuple[BinaryIO, BinaryIO]:
    """Return both pipes; what anybody prints goes to standard error from now on."""
    orders, outcomes = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    return orders, outcomes


def _send(message: object, pipe: BinaryIO) -> None:
    pickle.dump(message, pipe, protocol=pickle.HIGHEST_PROTOCOL)
    pipe.flush()


def _received(pipe: BinaryIO) -> Iterator[Order]:
    """Yield orders until there will be no more; if they end in the middle of a run, end the run."""
    received: SimpleQueue[Order] = SimpleQueue()

    def receive() -> None:
        # Blocked in a read for all its life, this thread notices nothing of the worlds around it.
        while True:
            try:
                received.put(pickle.load(pipe))  # noqa: S301 - from our own parent
            except (EOFError, pickle.UnpicklingError):
                os.kill(os.getpid(), signal.SIGTERM)
                return

    # Only now, because a server is started by a fork, which a process with threads must not do.
    threading.Thread(target=receive, daemon=True).start()
    while True:
        yield received.get()


def _end(_signal: int, _frame: FrameType | None) -> None:
    sys.exit()


if __name__ == "__main__":
    main()
