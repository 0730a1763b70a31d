"""Every try at the PSP gets an idempotency key of its own, so that no repeat is recognised as one."""

from dataclasses import replace

from engine.outcome import Outcome
from engine.reconciliation import Trial
from psp_chaos.faults.spec import FaultSpec
from scenarios.defects.defect import Defect
from scenarios.defects.habitat import habitat
from service.gateway import StripeGateway
from service.wiring import Parts


class _Forgetful(StripeGateway):
    async def send(self, trial: Trial) -> Outcome:
        attempt = trial.attempt
        fresh = replace(attempt, psp_key=f"{attempt.psp_key}_{attempt.tries}")
        return await super().send(replace(trial, attempt=fresh))


PSP_KEY_PER_TRY = Defect(
    id="psp-key-per-try",
    what="Every try at the PSP gets a fresh idempotency key, so that a repeat after a lost answer captures again.",
    seen_in="akash-network/console#3449",
    breaks=frozenset({"I1"}),
    habitat=habitat(
        "lost-webhooks",
        scripts=["patient"],
        faults=[
            FaultSpec(id="answer-lost", where="reply", kind="drop-after", probability=0.7),
            FaultSpec(id="webhook-lost", where="webhook", kind="lost"),
        ],
    ),
    parts=Parts(gateway=_Forgetful),
)
