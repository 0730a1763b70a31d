"""A success that comes after FAILED is dropped: the state is final, so nothing is left to be done.

The PSP's error is what makes the payment FAILED, as in the shop where it was seen.
"""

from dataclasses import replace

from engine.inbox import Event, EventState, InboxEntry
from engine.lifecycle import PaymentState
from engine.outcome import Outcome, OutcomeKind
from engine.reconciliation import Trial
from engine.settlement import Case, Settlement, unsettled
from engine.usecases import ReceiveEvent
from psp_chaos.faults.spec import FaultSpec
from scenarios.defects.defect import Defect
from scenarios.defects.habitat import habitat
from service.gateway import StripeGateway
from service.wiring import Parts


class _Curt(StripeGateway):
    async def send(self, trial: Trial) -> Outcome:
        outcome = await super().send(trial)
        if outcome.kind is OutcomeKind.UNKNOWN and (outcome.reason or "").startswith("status 5"):
            return replace(outcome, kind=OutcomeKind.FAILED)
        return outcome


class _Closed(ReceiveEvent):
    def _settled(self, event: Event, case: Case) -> tuple[Settlement, InboxEntry]:
        settlement, entry = super()._settled(event, case)
        if case.payment.state is not PaymentState.FAILED:
            return settlement, entry
        return unsettled(case), replace(entry, state=EventState.IGNORED)


LATE_CAPTURE_IGNORED = Defect(
    id="late-capture-ignored",
    what="After an error of the PSP has made a payment FAILED, the success that comes later is dropped.",
    seen_in="coreshop/CoreShop#2529",
    breaks=frozenset({"I2"}),
    habitat=habitat(
        "lost-webhooks",
        scripts=["patient"],
        faults=[
            FaultSpec(
                id="captured-later",
                where="reply",
                kind="late-effect",
                selector={"operation": "create_payment"},
                parameters={"answer": "error", "delay_s": [10, 30]},
            )
        ],
        ends_when_quiet=False,
    ),
    parts=Parts(gateway=_Curt, receive_event=_Closed),
)
