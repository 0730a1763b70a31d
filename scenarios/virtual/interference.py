"""Where faults of the database come in: who may interfere with what a server does, and what it then does instead.

A session asks before it tries a request and again before its answer leaves; a new connection asks when it is dialled
and when it logs in. Whatever is decided happens on the real server: a transaction that fails has failed there, a
backend that dies is terminated there, so driver and pool meet what they would meet anywhere.
"""

from dataclasses import dataclass
from typing import Protocol

from scenarios.virtual.pgwire import Request, ServerError


@dataclass(frozen=True, kw_only=True, slots=True)
class Fail:
    """The request is answered with an error, and its transaction with it; the statement does nothing until then."""

    error: ServerError
    after_ns: int = 0  # the transaction keeps its locks for so long


@dataclass(frozen=True, kw_only=True, slots=True)
class Die:
    """The backend ends, and its transaction is rolled back."""

    is_told: bool = True  # the client learns why; otherwise the connection just breaks
    is_done: bool = False  # what was asked is done before that, but the answer is lost

    def __post_init__(self) -> None:
        assert not (self.is_done and self.is_told), "who loses the answer is told nothing"


class Victim(Protocol):
    """What can be seen of the session in question."""

    name: str

    @property
    def is_idle(self) -> bool:
        """Whether no transaction is open and nothing is being asked."""

    @property
    def status(self) -> str:
        """Of the transaction, as ReadyForQuery tells it: `I` none, `T` open, `E` failed."""

    def terminate(self) -> None:
        """End the backend as `pg_terminate_backend` does."""


class Interference(Protocol):
    """Whoever has a say. Says nothing where it does not care."""

    def refuses(self, client: str) -> bool:
        """Whether nobody listens for this client's new connection."""

    def at_login(self, session: Victim, parameters: dict[str, str]) -> ServerError | None:
        """Return why a log-in is refused; may change its parameters."""

    def before(self, session: Victim, request: Request) -> Fail | Die | None:
        """Say what becomes of a request instead of being carried out."""

    def delay_ns(self, session: Victim) -> int:
        """Say how long the server sits on an answer that it has ready."""


class Undisturbed:
    """Nobody interferes."""

    def refuses(self, _client: str) -> bool:
        """Listen."""
        return False

    def at_login(self, _session: Victim, _parameters: dict[str, str]) -> ServerError | None:
        """Let everybody in."""
        return None

    def before(self, _session: Victim, _request: Request) -> Fail | Die | None:
        """Let it be carried out."""
        return None

    def delay_ns(self, _session: Victim) -> int:
        """Answer at once."""
        return 0
