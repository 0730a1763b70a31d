"""The inbox: an event of the PSP is stored once by its id, and what becomes of it is stored with it.

Events come late, twice, out of order, or before the API answered. None of that matters, because they are applied by
the lattice of states (`engine.settlement`) and never by time: what is already known changes nothing.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from engine.attempt import AttemptKind
from engine.outcome import Outcome


class EventState(StrEnum):
    """What became of an event."""

    APPLIED = "applied"  # our books took its word, or knew it already
    PARKED = "parked"  # it speaks of something that we do not know yet
    IGNORED = "ignored"  # not our concern, or overtaken by what we know
    REJECTED = "rejected"  # not to be believed: another account, another amount, never explained


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """A verified event in our words."""

    id: str
    type: str  # the PSP's spelling, for the record
    psp_object_id: str | None  # the payment or refund it speaks of
    kind: AttemptKind | None  # None: a type of event that we do not act upon
    attempt_id: str | None  # our reference, from the object's metadata
    outcome: Outcome | None  # what it says; None together with kind
    is_foreign: bool  # for another account, or live where we test (or the reverse)
    payload: str  # as received
    repair_of: str | None = None  # the PSP's payment that a refund gives back in repair of a discrepancy

    @property
    def early_verdict(self) -> EventState | None:
        """Return what becomes of it without looking at our books, or None if they must be asked."""
        if self.is_foreign:
            return EventState.REJECTED
        if self.outcome is None or self.kind is None:
            return EventState.IGNORED
        return None


@dataclass(frozen=True, kw_only=True, slots=True)
class InboxEntry:
    """An event as it is kept."""

    event_id: str
    type: str
    psp_object_id: str | None
    payload: str
    state: EventState
    received_at_us: int
    applied_at_us: int | None  # when it was decided; None while parked
    due_at_us: int | None  # when a parked event is tried again
    tries: int
    lease_until_us: int | None  # parked events are tried in one transaction, so this stays None

    def decided(self, *, state: EventState, at_us: int) -> "InboxEntry":
        """Return it with its verdict."""
        assert state is not EventState.PARKED
        return replace(self, state=state, applied_at_us=at_us, due_at_us=None)

    def postponed(self, *, due_at_us: int) -> "InboxEntry":
        """Return it still parked, after one more fruitless try."""
        assert self.state is EventState.PARKED
        return replace(self, tries=self.tries + 1, due_at_us=due_at_us)


def received(event: Event, *, state: EventState, at_us: int, due_at_us: int | None = None) -> InboxEntry:
    """Return the inbox entry of an event that just came in."""
    parked = state is EventState.PARKED
    assert parked == (due_at_us is not None)
    return InboxEntry(
        event_id=event.id,
        type=event.type,
        psp_object_id=event.psp_object_id,
        payload=event.payload,
        state=state,
        received_at_us=at_us,
        applied_at_us=None if parked else at_us,
        due_at_us=due_at_us,
        tries=0,
        lease_until_us=None,
    )
