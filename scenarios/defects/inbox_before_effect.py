"""An event is marked as done in one transaction and applied in the next; whoever dies in between has done nothing."""

from engine.inbox import Event, EventState, received
from engine.usecases import ReceiveEvent
from engine.usecases.event_receipt import find_case
from engine.usecases.settling import save
from scenarios.defects.defect import Defect
from scenarios.defects.habitat import failing_handlers
from service.wiring import Parts


class _Premature(ReceiveEvent):
    async def _apply(self, event: Event) -> EventState | None:
        entry = received(event, state=EventState.APPLIED, at_us=self.clock.now_us())
        if not await self.store.insert_event(entry):
            return None
        async with self.store.transaction() as books:
            case = await find_case(books, event)
            if case is not None:
                settlement, _ = self._settled(event, case)
                await save(books, case, settlement, patience=self.patience)
        return EventState.APPLIED


INBOX_BEFORE_EFFECT = Defect(
    id="inbox-before-effect",
    what="An event is marked as done before it is applied, so that its repetition is taken for a duplicate.",
    seen_in="AI-Shipping-Labs/website#285",
    breaks=frozenset({"I8"}),
    habitat=failing_handlers(),
    parts=Parts(receive_event=_Premature),
)
