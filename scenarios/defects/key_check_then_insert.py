"""Key and order are looked up and then inserted; no unique constraint stands between two clicks of one instant."""

from dataclasses import asdict

from sqlalchemy import ColumnElement, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from engine.attempt import Attempt
from engine.idempotency import Answer, KeyedRequest, KeyScope, Remembered
from engine.payment import Move
from scenarios.defects.defect import Defect
from scenarios.defects.habitat import habitat
from scenarios.defects.unguarded_orders import FORGET_THE_ORDER, TrustingBooks
from service.store import PostgresBooks, PostgresStore, rows
from service.store.tables import idempotency_keys as keys
from service.store.tables import payments
from service.wiring import Parts


class _CheckingBooks(TrustingBooks):
    async def claim_key(self, request: KeyedRequest, answer: Answer | None, *, now_us: int, expires_at_us: int) -> bool:
        found = await self._connection.execute(select(keys.c.key).where(*_is(request.scope)).limit(1))
        if found.first() is not None:
            return False
        values = rows.key_values(request, answer, now_us=now_us, expires_at_us=expires_at_us)
        await self._connection.execute(insert(keys).values(values))
        return True

    async def live_payment_id(self, *, merchant_id: str, order_id: str) -> str | None:
        is_live = (payments.c.merchant_id == merchant_id, payments.c.order_id == order_id, payments.c.state != "FAILED")
        found = await self._connection.execute(select(payments.c.id).where(*is_live).limit(1))
        return found.scalar_one_or_none()

    async def open_payment(self, move: Move, attempt: Attempt) -> bool:
        payment = move.payment
        if payment.order_id is not None and await self.live_payment_id(
            merchant_id=payment.merchant_id, order_id=payment.order_id
        ):
            return False
        return await super().open_payment(move, attempt)

    async def remember(self, scope: KeyScope, answer: Answer) -> None:
        await self._connection.execute(update(keys).where(*_is(scope)).values(asdict(answer)))


class _CheckingStore(PostgresStore):
    def books(self, connection: AsyncConnection) -> PostgresBooks:
        return _CheckingBooks(connection, ids=self._ids)

    async def remembered(self, scope: KeyScope, *, now_us: int) -> Remembered | None:
        row = await self._single.row(select(keys).where(*_is(scope), keys.c.expires_at_us > now_us).limit(1), {})
        if row is None:
            return None
        answer = Answer(status=row["status"], body=row["body"])
        return Remembered(fingerprint=row["fingerprint"], answer=answer, expires_at_us=row["expires_at_us"])


def _is(scope: KeyScope) -> tuple[ColumnElement[bool], ...]:
    return tuple(keys.c[name] == value for name, value in asdict(scope).items())


KEY_CHECK_THEN_INSERT = Defect(
    id="key-check-then-insert",
    what="Key and order are looked up and then inserted; no unique constraint stops a second click in between.",
    seen_in="furthemore/APIS#193",
    breaks=frozenset({"I1", "I6"}),
    habitat=habitat(
        "duplicate-clicks", scripts=["double-clicker"], service_processes=2, database_latency_s=[0.02, 0.1]
    ),
    parts=Parts(store=_CheckingStore),
    alterations=("ALTER TABLE idempotency_keys DROP CONSTRAINT idempotency_keys_pkey", FORGET_THE_ORDER),
)
