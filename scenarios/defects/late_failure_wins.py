"""A failure is written to the order's payment without a look at the state that it has reached.

An order whose first card was declined has two payments at the PSP. The events of both name the order, and the one about
the first may come when the second has succeeded.
"""

import json
from dataclasses import replace

from engine.attempt import AttemptKind
from engine.inbox import Event, EventState
from engine.lifecycle import PaymentState, Source
from engine.outcome import OutcomeKind
from engine.payment import Move, Payment, Transition
from engine.usecases import ReceiveEvent
from psp_chaos.faults.spec import FaultSpec
from scenarios.defects.defect import Defect
from scenarios.defects.habitat import habitat
from service.wiring import Parts


class _Blind(ReceiveEvent):
    async def _apply(self, event: Event) -> EventState | None:
        assert event.outcome is not None
        if event.kind is AttemptKind.CAPTURE and event.outcome.kind is OutcomeKind.FAILED:
            await self._fail_the_order(event)
        return await super()._apply(event)

    async def _fail_the_order(self, event: Event) -> None:
        named = json.loads(event.payload)["data"]["object"]["metadata"]
        merchant_id, order_id = named.get("merchant_id"), named.get("order_id")
        async with self.store.transaction() as books:
            payment_id = await books.live_payment_id(merchant_id=merchant_id, order_id=order_id)
            if payment_id is None:
                return
            payment = await books.lock_payment(merchant_id=merchant_id, payment_id=payment_id)
            if payment is not None and payment.state is PaymentState.SUCCESS:
                await books.save_payment(_failed(payment, at_us=self.clock.now_us()))


def _failed(payment: Payment, *, at_us: int) -> Move:
    after = replace(payment, state=PaymentState.FAILED, failure_reason="declined", updated_at_us=at_us)
    transition = Transition(
        payment_id=payment.id,
        from_state=payment.state,
        to_state=after.state,
        reason="declined",
        source=Source.WEBHOOK,
        at_us=at_us,
    )
    return Move(payment=after, transition=transition)


LATE_FAILURE_WINS = Defect(
    id="late-failure-wins",
    what="A failure told late is written over the order's later success; no trigger of the schema refuses the move.",
    seen_in="woocommerce-gateway-stripe#902",
    breaks=frozenset({"I4", "I5"}),
    habitat=habitat(
        "lost-webhooks",
        scripts=["second-card"],
        faults=[
            FaultSpec(
                id="failure-late",
                where="webhook",
                kind="late",
                selector={"event_type": "payment_intent.payment_failed"},
                parameters={"delay_s": [20, 60]},
            )
        ],
    ),
    parts=Parts(receive_event=_Blind),
    without_guards=True,
)
