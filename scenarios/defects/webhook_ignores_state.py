"""An event is applied without looking at the state that the payment has reached meanwhile."""

from dataclasses import replace

from engine.attempt import AttemptKind
from engine.inbox import Event, EventState, received
from engine.lifecycle import PaymentState, Source
from engine.outcome import OutcomeKind
from engine.payment import Move, Payment, Transition
from engine.ports import Books
from engine.usecases import ReceiveEvent
from engine.usecases.event_receipt import find_case
from scenarios.defects.defect import Defect
from service.wiring import Parts

_TARGETS = {OutcomeKind.SUCCEEDED: PaymentState.SUCCESS, OutcomeKind.FAILED: PaymentState.FAILED}


class _Blind(ReceiveEvent):
    async def _apply(self, event: Event) -> EventState | None:
        target = _TARGETS.get(event.outcome.kind) if event.outcome is not None else None
        if event.kind is AttemptKind.CAPTURE and target is not None:
            async with self.store.transaction() as books:
                case = await find_case(books, event)
                if case is not None and case.attempt.is_settled and case.payment.state is not target:
                    return await self._overwrite(books, event, case.payment, target)
        return await super()._apply(event)

    async def _overwrite(self, books: Books, event: Event, payment: Payment, target: PaymentState) -> EventState | None:
        now_us = self.clock.now_us()
        if not await books.insert_event(received(event, state=EventState.APPLIED, at_us=now_us)):
            return None
        transition = Transition(
            payment_id=payment.id,
            from_state=payment.state,
            to_state=target,
            reason="event applied",
            source=Source.WEBHOOK,
            at_us=now_us,
        )
        await books.save_payment(Move(payment=replace(payment, state=target), transition=transition))
        return EventState.APPLIED


WEBHOOK_IGNORES_STATE = Defect(
    id="webhook-ignores-state",
    what="A late event overwrites the state that the payment has reached meanwhile.",
    breaks=frozenset({"I4", "I5"}),
    exposed_by="lost-webhooks",
    parts=Parts(receive_event=_Blind),
    alterations=(
        "DROP TRIGGER moves_along_the_lifecycle ON payments",
        "ALTER TABLE transitions DROP CONSTRAINT lawful",
        "ALTER TABLE payments DROP CONSTRAINT success_has_money",
        "ALTER TABLE payments DROP CONSTRAINT failure_has_a_reason",
    ),
)
