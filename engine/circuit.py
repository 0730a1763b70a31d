"""The circuit breaker towards the PSP: whether an attempt may be sent now, decided from how the last ones ended.

    closed     everything is sent; so many unknown outcomes in a row open it
    open       nothing is sent and nothing is claimed: an attempt stays as it is and is still due
    half-open  one attempt at a time is sent to see; a word of the PSP closes the circuit, silence opens it again

It decides whether to ask, never what an answer means: what was not sent is not failed. It lives in one process and is
forgotten with it, which costs a few questions that nobody answers.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from engine.outcome import Outcome, OutcomeKind


class CircuitState(StrEnum):
    """Whether the PSP is asked."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


@dataclass(kw_only=True, slots=True)
class Circuit:
    """Counts silence; the time is told to it."""

    failures_max: int  # so many unknown outcomes in a row open it
    open_us: int  # for so long
    _failures: int = field(default=0, init=False)
    _next_us: int | None = field(default=None, init=False)  # while not closed: when the next one may go and see

    def state(self, *, now_us: int) -> CircuitState:
        """Return where it stands."""
        if self._next_us is None:
            return CircuitState.CLOSED
        return CircuitState.HALF_OPEN if self._next_us <= now_us else CircuitState.OPEN

    def admits(self, *, now_us: int) -> bool:
        """Tell whether an attempt may be tried now.

        Whoever is let through a half-open circuit closes it to the others. Should nothing come of that (the attempt is
        held by somebody else, the database is away), the next one is let through when the time has passed once more.
        """
        state = self.state(now_us=now_us)
        if state is CircuitState.HALF_OPEN:
            self._next_us = now_us + self.open_us
        return state is not CircuitState.OPEN

    def heard(self, outcome: Outcome, *, now_us: int) -> None:
        """Take note of how a try ended."""
        if outcome.kind is not OutcomeKind.UNKNOWN:
            self._failures, self._next_us = 0, None
            return
        self._failures += 1
        if self._failures >= self.failures_max:
            self._next_us = now_us + self.open_us
