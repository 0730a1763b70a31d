"""The PSP is called within the transaction that claims the attempt; if that fails to serialize, all of it is repeated.

The key at the PSP is made within the transaction as well, so it is rolled back with the rest.
"""

from dataclasses import replace

from engine.errors import StoreBusy
from engine.lifecycle import Source
from engine.reconciliation import Trial
from engine.settlement import Case
from engine.usecases import TryAttempt
from engine.usecases.settling import save
from scenarios.defects.defect import Defect
from scenarios.defects.habitat import habitat
from scenarios.faults.database import SerializationFailure
from service.wiring import Parts

_TRIES = 5
_KEY_BITS = 64


class _AllInOne(TryAttempt):
    async def _try(self, case: Case, *, source: Source) -> bool:
        for _ in range(_TRIES):
            try:
                return await self._within_one_transaction(case.attempt.id, source=source)
            except StoreBusy:
                continue
        return False

    async def _within_one_transaction(self, attempt_id: str, *, source: Source) -> bool:
        async with self.store.transaction() as books:
            case = await books.lock_case(attempt_id)
            if case is None or case.attempt.is_settled:
                return False
            claimed, move = self._claimed(case, source=source, now_us=self.clock.now_us())
            if move is not None:
                await books.save_payment(move)
            capture_psp_id = await self._capture_psp_id(case)
            trial = Trial(
                payment=claimed.payment, attempt=claimed.attempt, refund=claimed.refund, capture_psp_id=capture_psp_id
            )
            fresh = replace(claimed.attempt, psp_key=f"key_{self.random.getrandbits(_KEY_BITS):x}")
            outcome = await self._ask(replace(trial, attempt=fresh))
            settlement = self._settled(claimed, trial, outcome, source=source)
            await save(books, case, settlement, patience=self.patience)
            return True


CALL_INSIDE_RETRIED_TRANSACTION = Defect(
    id="call-inside-retried-transaction",
    what="The PSP is called within a transaction that is repeated, key and all, when it fails to serialize.",
    seen_in="odoo, the retry on serialization errors",
    breaks=frozenset({"I1"}),
    habitat=habitat(
        "failing-database",
        scripts=["patient"],
        faults=[SerializationFailure(id="cannot-serialize", probability=0.2)],
    ),
    parts=Parts(try_attempt=_AllInOne),
)
