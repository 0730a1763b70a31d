"""How much is measured: enough to be believed, or enough to see that it works."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Effort:
    """What one run of the benchmarks of the service and of the judge does."""

    sizes: tuple[int, ...]  # payments in the books, smallest first
    rounds: int  # of everything, in turns
    seconds: int  # that a round of payments lasts
    keys: int  # clicks that are replayed in a round
    lost_answers: int  # attempts that a worker heals in a round
    diary_rows: tuple[int, ...]  # of all diaries of runs that are judged, smallest first


FULL = Effort(
    sizes=(0, 100_000, 1_000_000),
    rounds=3,
    seconds=5,
    keys=500,
    lost_answers=1_000,
    diary_rows=(10_000, 100_000, 1_000_000, 3_600_000),
)
QUICK = Effort(sizes=(0, 20_000), rounds=1, seconds=2, keys=100, lost_answers=200, diary_rows=(10_000, 30_000, 100_000))
