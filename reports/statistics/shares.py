"""Shares of what was seen, and what they say about the chance behind them."""

from math import sqrt
from statistics import NormalDist
from typing import NamedTuple

from reports.statistics.beta import beta_quantile

CONFIDENCE = 0.95


class Interval(NamedTuple):
    """From where to where a value may lie."""

    low: float
    high: float

    def holds(self, value: float) -> bool:
        """Tell whether a value lies within."""
        return self.low <= value <= self.high

    def is_apart_from(self, other: "Interval") -> bool:
        """Tell whether the two have nothing in common."""
        return self.high < other.low or other.high < self.low


def share_interval(count: int, total: int, *, confidence: float = CONFIDENCE) -> Interval:
    """Return the exact interval of Clopper and Pearson for the chance behind `count` of `total`.

    Where nothing was counted it is bounded above alone, with all of the doubt on that side: with 0 of n the chance is
    at most 1 - 0.05^(1/n) with 95 % confidence, which is nearly 3/n. So it is where everything was counted.
    """
    if not total:
        return Interval(0, 1)
    if count == 0:
        return Interval(0, share_at_most(total, confidence=confidence))
    if count == total:
        return Interval(1 - share_at_most(total, confidence=confidence), 1)
    tail = (1 - confidence) / 2
    return Interval(beta_quantile(tail, count, total - count + 1), beta_quantile(1 - tail, count + 1, total - count))


def share_at_most(total: int, *, confidence: float = CONFIDENCE) -> float:
    """Return the largest chance that still leaves nothing seen in `total` tries with the rest of the confidence."""
    return float(1 - (1 - confidence) ** (1 / total)) if total else 1.0


def difference_interval(one: tuple[int, int], other: tuple[int, int], *, confidence: float = CONFIDENCE) -> Interval:
    """Return Newcombe's interval for how much larger the other share is; each is given as (count, total)."""
    if not one[1] or not other[1]:
        return Interval(-1, 1)
    first, second = one[0] / one[1], other[0] / other[1]
    first_in, second_in = _wilson(*one, confidence=confidence), _wilson(*other, confidence=confidence)
    difference = second - first
    return Interval(
        difference - sqrt((second - second_in.low) ** 2 + (first_in.high - first) ** 2),
        difference + sqrt((second_in.high - second) ** 2 + (first - first_in.low) ** 2),
    )


def _wilson(count: int, total: int, *, confidence: float) -> Interval:
    """Return Wilson's score interval for a share."""
    z, share = NormalDist().inv_cdf((1 + confidence) / 2), count / total
    middle = share + z * z / (2 * total)
    reach = z * sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    scale = 1 + z * z / total
    return Interval(max((middle - reach) / scale, 0.0), min((middle + reach) / scale, 1.0))
