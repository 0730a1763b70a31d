"""Fisher's exact test: how often chance alone would make two shares differ so much."""

from math import exp

from reports.statistics.choices import log_choices

_ROUNDING = 1 + 1e-7  # tables that are equally likely differ in their last digits


def fisher(one: tuple[int, int], other: tuple[int, int]) -> float:
    """Return the two-sided p-value of two shares, each given as (count, total).

    It is the chance, if both came from one source, of a table with these margins that is at most as likely as this one.
    """
    (count, total), (other_count, other_total) = one, other
    both = count + other_count
    counts = range(max(0, both - other_total), min(both, total) + 1)
    logarithms = [log_choices(total, first) + log_choices(other_total, both - first) for first in counts]
    margin = log_choices(total + other_total, both)
    chances = [exp(logarithm - margin) for logarithm in logarithms]
    seen = chances[count - counts.start] * _ROUNDING
    return min(sum(chance for chance in chances if chance <= seen), 1.0)
