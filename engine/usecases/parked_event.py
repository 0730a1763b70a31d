"""Try a parked event again; one that nothing explains in the end is put on record as an orphan.

The inbox row is locked first and the payment after it. That cannot make a circle: whoever holds a payment only ever
inserts into the inbox, and an insert does not wait for the lock of a row that is already there.
"""

from dataclasses import dataclass
from random import Random

from engine.inbox import Event, EventState, InboxEntry
from engine.lifecycle import Source
from engine.ports import Books, Clock, EventReader, Store
from engine.reconciliation import Discrepancy, DiscrepancyKind, DiscrepancyState
from engine.retries import Patience, retry_wait_us
from engine.settlement import settle
from engine.usecases.event_receipt import find_case
from engine.usecases.settling import save


@dataclass(frozen=True, kw_only=True)
class RetryParkedEvent:
    """Applies a parked event if what it speaks of is known by now."""

    store: Store
    clock: Clock
    random: Random
    patience: Patience
    read_event: EventReader

    async def __call__(self, event_id: str) -> bool:
        """Return whether it was tried: somebody else may hold it, or have decided it."""
        async with self.store.transaction() as books:
            entry = await books.lock_parked_event(event_id)
            if entry is None or entry.due_at_us is None or entry.due_at_us > self.clock.now_us():
                return False
            event = self.read_event(entry.payload)
            case = await find_case(books, event)
            now_us = self.clock.now_us()
            if case is None:
                await self._postpone(books, event, entry, now_us=now_us)
                return True
            assert event.outcome is not None
            settlement = settle(case, event.outcome, source=Source.WORKER, at_us=now_us)
            await books.save_event(entry.decided(state=settlement.verdict, at_us=now_us))
            await save(books, case, settlement, patience=self.patience)
            return True

    async def _postpone(self, books: Books, event: Event, entry: InboxEntry, *, now_us: int) -> None:
        tries = entry.tries + 1
        if tries < self.patience.retry_tries_max:
            wait_us = retry_wait_us(self.patience, tries=tries, random=self.random)
            await books.save_event(entry.postponed(due_at_us=now_us + wait_us))
            return
        await books.save_event(entry.decided(state=EventState.REJECTED, at_us=now_us))
        await books.record(_orphan(event, at_us=now_us))


def _orphan(event: Event, *, at_us: int) -> Discrepancy:
    assert event.outcome is not None
    assert event.outcome.money is not None, "payments and refunds always have an amount"
    return Discrepancy(
        kind=DiscrepancyKind.ORPHAN_EVENT,
        subject=event.id,
        payment_id=None,
        money=event.outcome.money,
        state=DiscrepancyState.NEEDS_PERSON,
        evidence={"type": event.type, "psp_object_id": event.psp_object_id or ""},
        found_at_us=at_us,
    )
