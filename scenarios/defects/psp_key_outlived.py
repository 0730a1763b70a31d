"""The create is repeated with its key for as long as it takes, also after the PSP has forgotten the key."""

import sys
from dataclasses import replace

from engine.outcome import Outcome
from engine.reconciliation import Trial
from engine.usecases import TryAttempt
from psp_chaos.faults.spec import FaultSpec
from scenarios.defects.defect import Defect
from scenarios.defects.habitat import habitat
from service.wiring import Parts

_PSP_REMEMBERS_S = 30
_SERVICE_TRUSTS_S = 20


class _Trusting(TryAttempt):
    async def _ask(self, trial: Trial) -> Outcome:
        trusting = replace(self, patience=replace(self.patience, psp_key_retention_us=sys.maxsize))
        return await TryAttempt._ask(trusting, trial)  # noqa: SLF001 - the same use case with other settings


PSP_KEY_OUTLIVED = Defect(
    id="psp-key-outlived",
    what="A create is repeated with its key however late it is, also when the PSP has forgotten the key.",
    seen_in="docs.stripe.com, idempotent requests",
    breaks=frozenset({"I1"}),
    habitat=habitat(
        "lost-webhooks",
        scripts=["patient"],
        faults=[
            FaultSpec(id="answer-lost", where="reply", kind="drop-after", selector={"operation": "create_payment"}),
            FaultSpec(id="webhook-lost", where="webhook", kind="lost"),
            FaultSpec(
                id="psp-forgets",
                where="reply",
                kind="keys-forgotten",
                parameters={"retention_s": _PSP_REMEMBERS_S},
                window={"to_s": 10_000},
            ),
        ],
        service={"psp_key_retention_s": _SERVICE_TRUSTS_S, "retry_base_s": 70},
    ),
    parts=Parts(try_attempt=_Trusting),
)
