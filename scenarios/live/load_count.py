"""Who should have come to an open load, and who did: nothing that the load generator could not manage is left out."""

from collections.abc import Iterable
from pathlib import Path

from scenarios.customers.diary import DiaryRow
from scenarios.live.arrivals import arrival_moments, count_due
from scenarios.live.load_generator import Load
from scenarios.live.shift import Shift

_LATE_US = 100_000  # a tenth of a second later than due: nobody notices less


def count_load(load: Load, folder: Path, diary: Iterable[DiaryRow], *, ended_at_us: int) -> dict[str, int]:
    """Return how many customers were due until the load ended, began late, and never began; nothing if it was closed.

    The schedule follows from the seed, so that it can be counted even if the process that kept it was killed.
    """
    if load.rate_per_s is None:
        return {}
    due = sum(_due(load, shift, ended_at_us) for shift in Shift.read_all(folder))
    begun: dict[str, int] = {}  # how late each customer was, at its first request
    for row in diary:
        if (due_at_us := row.get("due_at_us")) is not None:
            begun.setdefault(row["customer"], row["asked_at_us"] - due_at_us)
    return {
        "arrivals_due": due,
        "arrivals_late": sum(late_us > _LATE_US for late_us in begun.values()),
        "arrivals_dropped": max(0, due - len(begun)),
    }


def _due(load: Load, shift: Shift, ended_at_us: int) -> int:
    assert load.rate_per_s is not None, "only an open load has a schedule"
    moments = arrival_moments(
        load.arrivals, rate_per_s=load.rate_per_s, seed=load.seed, part=shift.part, parts=load.parts
    )
    return count_due(moments, within_us=min(shift.ended_at_us or ended_at_us, ended_at_us) - shift.began_at_us)
