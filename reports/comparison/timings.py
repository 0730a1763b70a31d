"""How long things took in two runs: quantiles side by side, each with the interval that its sample allows.

Two quantiles differ by more than chance if their 95 % intervals have nothing in common, which is a strict rule. Where a
sample is so small that no interval exists, the quantile is marked: it may be anywhere beyond its neighbours.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reports.comparison.side import Side
from reports.records import Action
from reports.statistics import Quantile, quantile

SHARES = (0.5, 0.9, 0.99)
_ANSWERS = {
    Action.CREATE: "Answer to a payment",
    Action.READ: "Answer to a look",
    Action.REFUND: "Answer to a refund",
    Action.CANCEL: "Answer to a cancel",
    Action.READ_REFUND: "Answer to a look at a refund",
}
HEAL = "Time to heal"
_HEALED_BY = "worker"  # the one who heals when nothing else does


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """One quantile in both runs; None where nothing was measured."""

    share: float
    one: Quantile | None
    other: Quantile | None

    @property
    def is_apart(self) -> bool:
        """Whether chance is a poor explanation of the difference."""
        if self.one is None or self.other is None or self.one.interval is None or self.other.interval is None:
            return False
        return self.one.interval.is_apart_from(self.other.interval)

    @property
    def is_thin(self) -> bool:
        """Whether one of the samples is too small to say how far off it may be."""
        return any(end is not None and end.interval is None for end in (self.one, self.other))


@dataclass(frozen=True, kw_only=True, slots=True)
class Timing:
    """Durations of one kind in both runs, in seconds."""

    name: str
    samples: tuple[Sequence[float], Sequence[float]]  # sorted
    quantiles: tuple[Pair, ...]

    @property
    def longest_s(self) -> tuple[float | None, float | None]:
        """The longest of each run."""
        one, other = (max(sample, default=None) for sample in self.samples)
        return one, other


def timings(one: Side, other: Side) -> tuple[Timing, ...]:
    """Return what can be compared: time to heal, and how long customers waited for each kind of answer."""
    return tuple(timing for timing in _timings(one, other) if any(timing.samples))


def _timings(one: Side, other: Side) -> Iterator[Timing]:
    yield _timing(HEAL, one.heals_s(), other.heals_s())
    yield _timing(f"{HEAL}, by the {_HEALED_BY}", one.heals_s(_HEALED_BY), other.heals_s(_HEALED_BY))
    for action, name in _ANSWERS.items():
        yield _timing(name, one.waits_s(action), other.waits_s(action))


def _timing(name: str, one: Sequence[float], other: Sequence[float]) -> Timing:
    pairs = (Pair(share=share, one=quantile(one, share), other=quantile(other, share)) for share in SHARES)
    return Timing(name=name, samples=(one, other), quantiles=tuple(pairs))
