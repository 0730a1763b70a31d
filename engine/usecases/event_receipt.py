"""Receive an event: stored once by its id and applied in the same commit, so an acknowledged event is durable.

The payment is locked before the event is inserted. Duplicates of one event therefore queue on the payment, and the
second finds the first one's row; nothing is applied twice and nothing is marked applied that was not. If anything
fails, nothing of both is written, the PSP gets no 2xx, and it delivers again.
"""

from dataclasses import dataclass

from engine.inbox import Event, EventState, InboxEntry, received
from engine.lifecycle import Source
from engine.outcome import OutcomeKind
from engine.ports import Books, Clock, Store, Written
from engine.retries import Patience
from engine.settlement import Case, Settlement, settle
from engine.usecases.settling import save, save_at_once


@dataclass(frozen=True, kw_only=True)
class ReceiveEvent:
    """Stores one verified event and applies what it says."""

    store: Store
    clock: Clock
    patience: Patience

    async def __call__(self, event: Event) -> EventState | None:
        """Return what became of the event, or None if it had been received before.

        Raises:
            StoreError: nothing is acknowledged; the PSP must deliver again.
        """
        verdict = event.early_verdict
        if verdict is None:
            return await (
                self._apply(event) if event.repair_of is None else self._hasten_repair(event, event.repair_of)
            )
        entry = received(event, state=verdict, at_us=self.clock.now_us())
        return verdict if await self.store.insert_event(entry) else None

    async def _apply(self, event: Event) -> EventState | None:
        case = await self._case(event)
        if case is None:
            return await self._park(event)
        settlement, entry = self._settled(event, case)
        written = await save_at_once(self.store, case, settlement, patience=self.patience, event=entry)
        if written is Written.OVERTAKEN:
            return await self._apply_locked(event)
        return settlement.verdict if written is Written.DONE else None

    async def _case(self, event: Event) -> Case | None:
        assert event.kind is not None
        assert event.psp_object_id is not None
        return await self.store.case_of_psp_object(
            kind=event.kind, psp_id=event.psp_object_id, attempt_id=event.attempt_id
        )

    async def _park(self, event: Event) -> EventState | None:
        """Keep an event that we cannot explain yet."""
        now_us = self.clock.now_us()
        due_at_us = now_us + self.patience.retry_base_us
        parked = received(event, state=EventState.PARKED, at_us=now_us, due_at_us=due_at_us)
        return parked.state if await self.store.insert_event(parked) else None

    def _settled(self, event: Event, case: Case) -> tuple[Settlement, InboxEntry]:
        assert event.outcome is not None
        now_us = self.clock.now_us()
        settlement = settle(case, event.outcome, source=Source.WEBHOOK, at_us=now_us)
        return settlement, received(event, state=settlement.verdict, at_us=now_us)

    async def _apply_locked(self, event: Event) -> EventState | None:
        async with self.store.transaction() as books:
            case = await find_case(books, event)
            assert case is not None, "attempts are never deleted"
            settlement, entry = self._settled(event, case)
            if not await books.insert_event(entry):
                return None
            await save(books, case, settlement, patience=self.patience)
            return settlement.verdict

    async def _hasten_repair(self, event: Event, subject: str) -> EventState | None:
        """Take news of a refund that is no refund of ours but repairs a discrepancy: the repair asks the PSP itself."""
        assert event.outcome is not None
        async with self.store.transaction() as books:
            now_us = self.clock.now_us()
            if not await books.insert_event(received(event, state=EventState.APPLIED, at_us=now_us)):
                return None
            has_failed = event.outcome.kind is OutcomeKind.FAILED
            await books.hasten_repair(subject, has_failed=has_failed, at_us=now_us)
            return EventState.APPLIED


async def find_case(books: Books, event: Event) -> Case | None:
    """Lock what the event speaks of: by the PSP's id, else by our reference in the object's metadata.

    The second way matters when the event overtakes the API's answer, or when that answer was lost.
    """
    assert event.kind is not None
    assert event.psp_object_id is not None
    case = await books.lock_case_of_psp_object(kind=event.kind, psp_id=event.psp_object_id)
    if case is None and event.attempt_id is not None:
        case = await books.lock_case(event.attempt_id)
    return case if case is not None and case.attempt.kind is event.kind else None
