"""How wrong the service's clocks were, by the bites of the faults that did it."""

from collections.abc import Iterable

from reports.records import FaultBite

_MICROSECONDS = 1_000_000


def clock_error_us(faults: Iterable[FaultBite]) -> int:
    """Return how far a clock of the service was off at most; what was put wrong twice may add up."""
    worst_s: dict[str, float] = {}
    for bite in faults:
        if bite.where == "clock" and isinstance(by_s := bite.told("by_s"), int | float):
            worst_s[bite.fault] = max(worst_s.get(bite.fault, 0.0), abs(by_s))
    return round(sum(worst_s.values()) * _MICROSECONDS)
