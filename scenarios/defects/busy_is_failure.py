"""The PSP says that it is still at it (409), and the payment is marked FAILED."""

from dataclasses import replace
from http import HTTPStatus

from engine.outcome import Outcome, OutcomeKind
from engine.reconciliation import Trial
from psp_chaos.faults.spec import FaultSpec
from scenarios.defects.defect import Defect
from scenarios.defects.habitat import habitat
from scenarios.defects.no_repairs import ListMaker
from service.gateway import StripeGateway
from service.wiring import Parts

_BUSY = f"status {HTTPStatus.CONFLICT.value}"


class _Impatient(StripeGateway):
    async def send(self, trial: Trial) -> Outcome:
        outcome = await super().send(trial)
        if outcome.kind is OutcomeKind.UNKNOWN and outcome.reason == _BUSY:
            return replace(outcome, kind=OutcomeKind.FAILED)
        return outcome


BUSY_IS_FAILURE = Defect(
    id="busy-is-failure",
    what="The PSP's 409, still at work on the first request, marks the payment FAILED; nothing gives the money back.",
    seen_in="the retry rules of Stripe's SDK",
    breaks=frozenset({"I4"}),
    habitat=habitat(
        "latency-spikes",
        scripts=["patient"],
        # Longer than the service waits and shorter than until its second try but one: that one meets the first.
        faults=[FaultSpec(id="psp-spike", where="reply", kind="slow", parameters={"delay_s": [35, 50]})],
    ),
    parts=Parts(gateway=_Impatient, repair_discrepancy=ListMaker),
)
