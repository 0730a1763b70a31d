"""How many seeds find what a share of all seeds shows."""

from math import ceil, expm1, isclose, log1p

from reports.statistics.choices import log_choices
from reports.statistics.shares import CONFIDENCE


def found_within(seeds: int, chance: float) -> float:
    """Return the chance that at least one of so many seeds shows what each shows with this chance."""
    if chance >= 1 or not seeds:
        return float(bool(seeds))
    return -expm1(seeds * log1p(-chance))


def found_among(seeds: int, *, total: int, found: int) -> float:
    """Return the chance that so many seeds, picked from all that were tried, have one that showed it among them."""
    if seeds > total - found:
        return float(bool(found))
    missed = log_choices(total - found, seeds) - log_choices(total, seeds)
    return -expm1(missed)


def seeds_needed(chance: float, *, confidence: float = CONFIDENCE) -> int | None:
    """Return how many seeds show it with this confidence; None where it never shows."""
    if chance <= 0:
        return None
    if chance >= 1 or isclose(chance, 1):
        return 1
    return max(ceil(log1p(-confidence) / log1p(-chance)), 1)
