"""How long a message takes: a range, drawn from anew for each message."""

from dataclasses import dataclass
from random import Random
from typing import Self

from scenarios.units import to_ns


@dataclass(frozen=True, kw_only=True, slots=True)
class Regime:
    """A range of delays, both ends included.

    Races show themselves when delays differ by orders of magnitude, so a run should draw its regimes from its seed
    rather than use one range for everything.
    """

    low_s: float
    high_s: float

    def __post_init__(self) -> None:
        assert 0 <= self.low_s <= self.high_s, f"a delay lies between 0 and its upper end: {self}"

    @classmethod
    def of(cls, span: tuple[float, float]) -> Self:
        """Return the range of a scenario's span."""
        low_s, high_s = span
        return cls(low_s=low_s, high_s=high_s)

    def draw_ns(self, random: Random) -> int:
        """Draw one delay; at least a nanosecond, since an effect never shares its cause's instant."""
        return random.randint(max(1, to_ns(self.low_s)), max(1, to_ns(self.high_s)))
