"""The worker sends first and claims afterwards, so that two workers who see the same attempt both send it.

The key at the PSP is made by whoever sends; with one that is stored beforehand the PSP would take the second for a
repeat.
"""

from dataclasses import replace

from engine.lifecycle import Source
from engine.ports import Written
from engine.reconciliation import Trial
from engine.settlement import Case
from engine.usecases import TryAttempt
from psp_chaos.faults.spec import FaultSpec
from scenarios.defects.defect import Defect
from scenarios.defects.habitat import habitat
from service.wiring import Parts

_KEY_BITS = 64


class _SendsFirst(TryAttempt):
    async def dispatch(self, case: Case) -> bool:  # noqa: ARG002 - whatever it is
        """Leave it to the workers; they alone send here."""
        return False

    async def _try(self, case: Case, *, source: Source) -> bool:
        now_us = self.clock.now_us()
        if case.attempt.is_settled or not case.attempt.is_free(now_us=now_us):
            return False
        claimed, move = self._claimed(case, source=source, now_us=now_us)
        trial = Trial(
            payment=claimed.payment,
            attempt=claimed.attempt,
            refund=claimed.refund,
            capture_psp_id=await self._capture_psp_id(case),
        )
        fresh = replace(claimed.attempt, psp_key=f"key_{self.random.getrandbits(_KEY_BITS):x}")
        outcome = await self._ask(replace(trial, attempt=fresh))
        if await self.store.advance(case, claimed, move=move) is not Written.DONE:
            return False
        await self._record(trial, outcome, source=source)
        return True


CLAIM_AFTER_DISPATCH = Defect(
    id="claim-after-dispatch",
    what="A worker sends an attempt first and claims it afterwards, each with a key of its own.",
    seen_in="Truxify#7839",
    breaks=frozenset({"I1"}),
    habitat=habitat(
        "lost-webhooks",
        scripts=["patient"],
        faults=[FaultSpec(id="psp-slow", where="reply", kind="slow", parameters={"delay_s": [4, 8]})],
        workers=3,
        service={"worker_period_s": 5, "worker_idle_s": 5},
    ),
    parts=Parts(try_attempt=_SendsFirst),
)
