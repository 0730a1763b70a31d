"""Where two performances of one run part."""

from scenarios.campaign.orders import TIMELINE, Files
from scenarios.repetition import first_different_event, first_different_record


def first_difference(one: Files, other: Files) -> str:
    """Name what happened first in one performance and not in the other."""
    events = (files.get(TIMELINE, b"").decode().splitlines() for files in (one, other))
    return (
        first_different_event(*events)
        or first_different_record(one, other)
        or "nothing that was kept differs, only the digests do"
    )
