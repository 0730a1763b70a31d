"""How long customers waited, in percentiles that leave nobody out.

Who never got an answer has waited longer than everybody who did. Leaving them out, or counting from when a late load
generator came to ask, would make a service look the faster the worse it is (coordinated omission).
"""

import math
from collections.abc import Collection, Sequence

from reports.records import DiaryEntry
from reports.spans import duration

_SHARES = (0.5, 0.95, 0.99)
_MICROSECONDS = 1_000_000


def percentile(waited_us: Sequence[int | None], share: float) -> int | None:
    """Return within how many microseconds this share was answered; None: not so many ever were.

    Args:
        waited_us: How long each waited, None for who never got an answer; at least one.
        share: Above 0, at most 1; by the nearest rank, so that the result is one that really was.
    """
    in_order = sorted(waited_us, key=lambda waited: math.inf if waited is None else waited)
    return in_order[math.ceil(share * len(in_order)) - 1]


def waiting_times(entries: Collection[DiaryEntry]) -> tuple[str, ...]:
    """Return how long these customers waited, as people say it; at least one of them must be there."""
    waited_us = [entry.latency_us for entry in entries]
    return tuple(f"{share:.0%} {_within(percentile(waited_us, share))}" for share in _SHARES)


def _within(waited_us: int | None) -> str:
    return "never" if waited_us is None else f"within {duration(waited_us / _MICROSECONDS)}"
