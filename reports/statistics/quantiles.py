"""Quantiles, with the interval that the order of the values alone gives them, whatever they are distributed like."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from reports.statistics.beta import beta_share
from reports.statistics.shares import CONFIDENCE, Interval


@dataclass(frozen=True, kw_only=True, slots=True)
class Quantile:
    """The value below which a share of all values lies."""

    share: float
    value: float
    interval: Interval | None  # None: there are too few values to say how far off it may be


def quantile(values: Sequence[float], share: float, *, confidence: float = CONFIDENCE) -> Quantile | None:
    """Return a quantile of sorted values: one of them, never something in between; None where there are none."""
    if not values:
        return None
    count = len(values)
    ranks = _ranks(count, share, tail=(1 - confidence) / 2)
    interval = None if ranks is None else Interval(values[ranks[0] - 1], values[ranks[1] - 1])
    return Quantile(share=share, value=values[max(ceil(count * share), 1) - 1], interval=interval)


def _ranks(count: int, share: float, *, tail: float) -> tuple[int, int] | None:
    """Return the ranks of the values between which the quantile lies, or None where no value is beyond it surely."""
    low = _first_rank(count, share, at_most=1 - tail) - 1
    high = _first_rank(count, share, at_most=tail)
    return None if low < 1 or high > count else (low, high)


def _first_rank(count: int, share: float, *, at_most: float) -> int:
    """Return the lowest rank that so many values below the quantile reach with at most this chance."""
    low, high = 1, count + 1
    while low < high:
        middle = (low + high) // 2
        if beta_share(share, middle, count - middle + 1) <= at_most:
            high = middle
        else:
            low = middle + 1
    return low
