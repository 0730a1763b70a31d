"""A timeout at the PSP marks the payment FAILED, although the money may have moved."""

from dataclasses import replace

from engine.outcome import Outcome, OutcomeKind
from engine.reconciliation import Trial
from engine.repair import REFUSED, Progressed, Repair
from engine.usecases import RepairDiscrepancy
from scenarios.defects.defect import Defect
from service.gateway import StripeGateway
from service.wiring import Parts


class _Hasty(StripeGateway):
    async def send(self, trial: Trial) -> Outcome:
        outcome = await super().send(trial)
        if outcome.kind is OutcomeKind.UNKNOWN:
            return replace(outcome, kind=OutcomeKind.FAILED, reason="timeout")
        return outcome


class _ListMaker(RepairDiscrepancy):
    """Whoever has this bug has no reconciliation that would give the money back; at best it makes lists for people."""

    async def _give_back(self, repair: Repair) -> Progressed:  # noqa: ARG002 - whatever it is, it stays
        return REFUSED


TIMEOUT_IS_FAILURE = Defect(
    id="timeout-is-failure",
    what="A PSP timeout marks the payment FAILED.",
    breaks=frozenset({"I2", "I4"}),
    exposed_by="latency-spikes",
    parts=Parts(gateway=_Hasty, repair_discrepancy=_ListMaker),
)
