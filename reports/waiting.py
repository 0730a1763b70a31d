"""How long customers waited, in percentiles that leave nobody out.

Who never got an answer has waited longer than everybody who did. Leaving them out, or counting from when a late load
generator came to ask, would make a service look the faster the worse it is (coordinated omission).
"""

import math
from collections.abc import Collection, Sequence

from reports.records import STILL_OPEN, DiaryEntry
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
    """Return how long these customers waited, as people say it.

    Whose request was still open when the run ended is counted by itself: nobody knows how long it would have been.
    """
    waited_us = [entry.latency_us for entry in entries if entry.error != STILL_OPEN]
    cut_off = len(entries) - len(waited_us)
    said = [_within(percentile(waited_us, share), share) for share in _SHARES] if waited_us else []
    return (*said, *([f"{cut_off:,} cut off by the end"] if cut_off else []))


def _within(waited_us: int | None, share: float) -> str:
    if waited_us is None:
        return f"{1 - share:.0%} and more never"
    return f"{share:.0%} within {duration(waited_us / _MICROSECONDS)}"
