"""Events: what the merchant is told, frozen as it was when it happened.

The content is the wire's business; here an event is a type, an object and bytes to be.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from psp_chaos.archive import Archive
from psp_chaos.records import Cause


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """One thing that happened, as told to the merchant."""

    id: str
    number: int  # position in the log; a larger number happened later
    type: str
    object_id: str  # the payment or refund it is about
    payment_id: str  # the payment all of this belongs to
    metadata: Mapping[str, str]  # of the object and of its payment
    snapshot: Mapping[str, object]  # the object as it was
    cause: Cause | None
    created_at_us: int


class EventLog:
    """All events, oldest first."""

    def __init__(self, archive: Archive) -> None:
        self.events = archive.shelf("events", Event)

    @property
    def next_number(self) -> int:
        """The number of the event to come."""
        return len(self.events)

    def append(self, event: Event) -> None:
        """Write down the next event."""
        assert event.number == self.next_number, event
        self.events[event.id] = event
