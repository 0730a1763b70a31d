"""How a run tells how far it is, without knowing who listens."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """How far a run is."""

    phase: str  # "storm", "calm", "judging"
    elapsed_s: float  # in the run's own time
    total_s: float
    faults: int  # that bit so far
    customers_done: int


class Listener(Protocol):
    """Is told from time to time; must not influence the run."""

    def progress(self, progress: Progress) -> None:
        """Hear how far the run is."""
        ...


class _Unheard:
    def progress(self, progress: Progress) -> None:
        pass


UNHEARD: Listener = _Unheard()
"""For runs that nobody watches."""
