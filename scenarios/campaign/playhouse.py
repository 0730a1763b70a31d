"""Our side of a playhouse: the process behind two pipes."""

import pickle
import subprocess
import sys
from contextlib import suppress

from scenarios.campaign.orders import Opened, Opening, Order, Outcome, Refused

PROGRAM: tuple[str, ...] = ("-m", "scenarios.campaign.playhouse_main")
"""What Python is told to run; a test may have a playhouse that plays tricks."""

_END_TIMEOUT_S = 20.0  # a server that is told to stop gets half of that itself


class Closed(Exception):
    """The process ended while something was asked of it."""


class Playhouse:
    """One process with one server and one stage."""

    def __init__(self, *, database_url: str | None) -> None:
        """Start the process and wait until it is ready.

        Raises:
            BadInput: The URL is not one.
            Closed: The process ended before it was ready.
            PostgresUnavailable: No server could be started or reached.
        """
        # A session of its own: Ctrl-C at the terminal is for the sweep, which ends its playhouses in order.
        self._process = subprocess.Popen(
            [sys.executable, *PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        )
        opened = self._ask(Opening(database_url=database_url))
        assert isinstance(opened, Opened)
        self.id = opened.house
        self.code = opened.code

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    def perform(self, order: Order) -> Outcome:
        """Have a run performed.

        Raises:
            Closed: The process ended before it was done.
            BadInput: The order cannot be understood.
        """
        outcome = self._ask(order)
        assert isinstance(outcome, Outcome)
        return outcome

    def close(self) -> None:
        """Let the process end, and its server with it; calling it again does nothing."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.stdout.close()
        try:
            self._process.wait(_END_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _ask(self, message: object) -> object:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            pickle.dump(message, self._process.stdin, protocol=pickle.HIGHEST_PROTOCOL)
            self._process.stdin.flush()
            answer = pickle.load(self._process.stdout)  # noqa: S301 - from our own child
        except (BrokenPipeError, EOFError, pickle.UnpicklingError):
            self.close()
            raise Closed(f"it ended with exit code {self._process.returncode}") from None
        except BaseException:  # Ctrl-C: half an answer is of no use, and whoever gave it neither
            self.close()
            raise
        if isinstance(answer, Refused):
            self.close()
            raise answer.error
        return answer
