"""Events: what the merchant is told, frozen as it was when it happened.

The content is the wire's business; here an event is a type, an object and bytes to be.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from psp_chaos.errors import NoSuchEvent
from psp_chaos.keeping.archive import Archive
from psp_chaos.ports import Clock
from psp_chaos.records import Cause

MICROSECONDS_PER_SECOND = 1_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """One thing that happened, as told to the merchant."""

    id: str
    number: int  # position in the log; a larger number happened later
    type: str
    object_id: str  # the payment, charge, refund or other object it is about
    payment_id: str | None  # the payment all of this belongs to, if there is one
    metadata: Mapping[str, str]  # of the object and of its payment
    snapshot: Mapping[str, object]  # the object as it was
    previous: Mapping[str, object] | None  # what an update has changed, as it was before
    cause: Cause | None
    created_at_us: int

    def follows(self, other: "Event") -> bool:
        """Tell whether this is a later part of the same story."""
        return self.number > other.number and self.story == other.story

    @property
    def story(self) -> str:
        """Return the payment that all of this belongs to, or what else it is about."""
        return self.payment_id or self.object_id


class EventLog:
    """All events, oldest first; after the retention they are shown no more, and forgotten once nobody needs them."""

    def __init__(self, *, archive: Archive, clock: Clock, retention_s: float) -> None:
        self._clock = clock
        self._retention_us = round(retention_s * MICROSECONDS_PER_SECOND)
        self.events = archive.shelf("events", Event)
        self._ages = deque(self.events.values())  # a dictionary from whose front much was taken is slow to enter
        self._needed: dict[str, Event] = {}  # too old, but still being delivered
        self._of: dict[str, list[Event]] = {}
        for event in self.events.values():
            self._of.setdefault(event.object_id, []).append(event)
        self.next_number = self._ages[-1].number + 1 if self._ages else 0

    def append(self, event: Event) -> None:
        """Write down the next event."""
        assert event.number == self.next_number, event
        self.next_number += 1
        self.events[event.id] = event
        self._ages.append(event)
        self._of.setdefault(event.object_id, []).append(event)

    def event(self, event_id: str) -> Event:
        """Return the event of this identifier, or raise `NoSuchEvent`."""
        event = self.events.get(event_id)
        if event is None or not self.shows(event):
            raise NoSuchEvent(f"No such event: '{event_id}'")
        return event

    def of(self, object_id: str) -> Sequence[Event]:
        """Return the events about this very object, oldest first."""
        return self._of.get(object_id, ())

    def shows(self, event: Event) -> bool:
        """Tell whether an event is young enough to be listed and retrieved."""
        return event.created_at_us >= self._clock.now_us() - self._retention_us

    def forget_old(self, *, is_needed: Callable[[str], bool]) -> list[str]:
        """Drop what is no longer shown, but for the events that somebody still needs; return what was dropped."""
        dropped = []
        while self._ages and not self.shows(self._ages[0]):
            event = self._ages.popleft()
            if is_needed(event.id):
                self._needed[event.id] = event
            else:
                self._drop(event)
                dropped.append(event.id)
        return dropped

    def release(self, event_id: str) -> bool:
        """Drop an event that is no longer needed, if it is too old to be shown; tell whether it is."""
        event = self._needed.pop(event_id, None)
        if event is not None:
            self._drop(event)
        return event is not None

    def _drop(self, event: Event) -> None:
        del self.events[event.id]
        about = self._of[event.object_id]
        about.remove(event)
        if not about:
            del self._of[event.object_id]
