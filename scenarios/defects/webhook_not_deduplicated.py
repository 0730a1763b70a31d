"""Events are not remembered, and each adds what it tells of to what the books have."""

from dataclasses import replace

from engine.attempt import AttemptKind
from engine.inbox import Event, EventState
from engine.lifecycle import AttemptState
from engine.outcome import OutcomeKind
from engine.payment import Move
from engine.usecases import ReceiveEvent
from engine.usecases.event_receipt import find_case
from psp_chaos.faults.spec import FaultSpec
from scenarios.defects.defect import Defect
from scenarios.defects.habitat import ONLY_WEBHOOKS_TELL, habitat
from service.wiring import Parts


class _Adding(ReceiveEvent):
    async def _apply(self, event: Event) -> EventState | None:
        assert event.outcome is not None
        if event.kind is AttemptKind.CAPTURE and event.outcome.kind is OutcomeKind.SUCCEEDED:
            async with self.store.transaction() as books:
                case = await find_case(books, event)
                if case is not None and case.attempt.state is AttemptState.SUCCEEDED:
                    assert event.outcome.money is not None
                    captured_minor = case.payment.captured_minor + event.outcome.money.amount_minor
                    payment = replace(case.payment, captured_minor=captured_minor, updated_at_us=self.clock.now_us())
                    await books.save_payment(Move(payment=payment, transition=None))
                    return EventState.APPLIED
        return await super()._apply(event)


WEBHOOK_NOT_DEDUPLICATED = Defect(
    id="webhook-not-deduplicated",
    what="Each delivery of an event adds its amount to what was captured; no check of the schema stops the sum.",
    seen_in="pinelab-vendure-plugins#620",
    breaks=frozenset({"I3", "I9"}),
    habitat=habitat(
        "duplicate-clicks",
        scripts=["patient"],
        faults=[FaultSpec(id="webhook-thrice", where="webhook", kind="concurrent", parameters={"copies": 3})],
        psp_asynchronous_share=1,
        psp_asynchronous_s=[2, 10],
        service=ONLY_WEBHOOKS_TELL,
    ),
    parts=Parts(receive_event=_Adding),
    without_guards=True,
)
