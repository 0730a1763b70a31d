"""A timeout at the PSP marks the payment FAILED, although the money may have moved."""

from dataclasses import replace

from engine.outcome import Outcome, OutcomeKind
from engine.reconciliation import Trial
from scenarios.defects.defect import Defect
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
    what="A PSP timeout marks the payment FAILED.",
    breaks=frozenset({"I2", "I4"}),
    exposed_by="latency-spikes",
    parts=Parts(gateway=_Hasty),
)
