"""The PSP is called first, and that it was is written down afterwards."""

from dataclasses import asdict

from sqlalchemy import insert, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from engine.attempt import Attempt
from engine.lifecycle import Source
from engine.payment import Move
from engine.reconciliation import Trial
from engine.settlement import Case
from engine.usecases import TryAttempt
from psp_chaos.faults.spec import FaultSpec
from scenarios.defects.defect import Defect
from scenarios.defects.habitat import habitat
from scenarios.faults.process import Crash
from service.store import PostgresBooks, PostgresStore, rows
from service.store.tables import attempts, payments, transitions
from service.wiring import Parts


class _LateBooks(PostgresBooks):
    async def open_payment(self, move: Move, attempt: Attempt) -> bool:  # noqa: ARG002 - it is written after the call
        assert move.transition is not None
        statement = (
            upsert(payments)
            .values(rows.payment_values(move.payment))
            .on_conflict_do_nothing(index_elements=["merchant_id", "order_id"], index_where=text("state <> 'FAILED'"))
            .returning(payments.c.id)
        )
        if (await self._connection.execute(statement)).first() is None:
            return False
        await self._connection.execute(insert(transitions).values(asdict(move.transition) | {"sequence": 1}))
        return True

    async def write_attempt(self, attempt: Attempt) -> None:
        await self._connection.execute(insert(attempts).values(rows.attempt_values(attempt)))


class _LateStore(PostgresStore):
    def books(self, connection: AsyncConnection) -> _LateBooks:
        return _LateBooks(connection, ids=self._ids)


class _CallsFirst(TryAttempt):
    async def dispatch(self, case: Case) -> bool:
        if case.refund is not None:
            return await super().dispatch(case)
        claimed, move = self._claimed(case, source=Source.DISPATCH, now_us=self.clock.now_us())
        trial = Trial(payment=claimed.payment, attempt=claimed.attempt, refund=None, capture_psp_id=None)
        outcome = await self._ask(trial)
        async with self.store.transaction() as books:
            assert isinstance(books, _LateBooks)
            await books.write_attempt(claimed.attempt)
            if move is not None:
                await books.save_payment(move)
        await self._record(trial, outcome, source=Source.DISPATCH)
        return True


ATTEMPT_AFTER_CALL = Defect(
    id="attempt-after-call",
    what="The PSP is called first and the attempt written down afterwards, so that a crash in between leaves no trace.",
    seen_in="magento/magento2#25708",
    breaks=frozenset({"I2", "I8"}),
    habitat=habitat(
        "dying-machines",
        scripts=["patient"],
        faults=[
            Crash(id="service-dies", process="service", every_s=(0.5, 3), down_s=(0, 1)),
            FaultSpec(id="psp-slow", where="reply", kind="slow-answer", parameters={"delay_s": [1, 4]}),
        ],
    ),
    parts=Parts(store=_LateStore, try_attempt=_CallsFirst),
)
