"""A timeout at the PSP marks the payment FAILED, although the money may have moved."""

from dataclasses import replace

from engine.outcome import Outcome, OutcomeKind
from engine.reconciliation import Trial
from psp_chaos.faults.spec import FaultSpec
from scenarios.defects.defect import Defect
from scenarios.defects.habitat import habitat
from scenarios.defects.no_repairs import ListMaker
from service.gateway import StripeGateway
from service.wiring import Parts


class _Hasty(StripeGateway):
    async def send(self, trial: Trial) -> Outcome:
        outcome = await super().send(trial)
        if outcome.kind is OutcomeKind.UNKNOWN:
            return replace(outcome, kind=OutcomeKind.FAILED, reason="timeout")
        return outcome


TIMEOUT_IS_FAILURE = Defect(
    id="timeout-is-failure",
    what="A PSP timeout marks the payment FAILED; nothing gives the money back.",
    seen_in="juspay/hyperswitch, payment_sync",
    breaks=frozenset({"I2", "I4"}),
    habitat=habitat(
        "latency-spikes",
        scripts=["patient"],
        faults=[
            FaultSpec(id="hang-after", where="reply", kind="hang-after", probability=0.7),
            FaultSpec(id="webhook-late", where="webhook", kind="late", parameters={"delay_s": [15, 30]}),
        ],
    ),
    parts=Parts(gateway=_Hasty, repair_discrepancy=ListMaker),
)
