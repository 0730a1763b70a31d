"""The idempotency key is looked up and then inserted, with no unique constraint between two clicks of one instant."""

from dataclasses import asdict, replace

from sqlalchemy import ColumnElement, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from engine.idempotency import Answer, KeyedRequest, KeyScope, Remembered
from engine.ports import Books
from engine.usecases import CreatePayment, PaymentOrder
from engine.usecases.once import Done
from scenarios.defects.defect import Defect
from service.store import PostgresStore
from service.store.books import PostgresBooks
from service.store.tables import idempotency_keys as keys
from service.wiring import Parts


class _CheckingBooks(PostgresBooks):
    async def claim_key(self, request: KeyedRequest, *, now_us: int, expires_at_us: int) -> bool:
        found = await self._connection.execute(select(keys.c.key).where(*_is(request.scope)).limit(1))
        if found.first() is not None:
            return False
        values = asdict(request.scope) | {
            "fingerprint": request.fingerprint,
            "created_at_us": now_us,
            "expires_at_us": expires_at_us,
        }
        await self._connection.execute(insert(keys).values(values))
        return True

    async def remember(self, scope: KeyScope, answer: Answer) -> None:
        await self._connection.execute(update(keys).where(*_is(scope)).values(asdict(answer)))


class _CheckingStore(PostgresStore):
    def books(self, connection: AsyncConnection) -> PostgresBooks:
        return _CheckingBooks(connection, ids=self._ids)

    async def remembered(self, scope: KeyScope, *, now_us: int) -> Remembered | None:
        async with self._single.connect() as connection:
            found = await connection.execute(select(keys).where(*_is(scope), keys.c.expires_at_us > now_us).limit(1))
            row = found.mappings().first()
        if row is None:
            return None
        answer = Answer(status=row["status"], body=row["body"])
        return Remembered(fingerprint=row["fingerprint"], answer=answer, expires_at_us=row["expires_at_us"])


class _Orderless(CreatePayment):
    """Such a service trusts the key alone and does not look at the order."""

    async def _create(self, books: Books, order: PaymentOrder) -> Done:
        return await super()._create(books, replace(order, order_id=None))


def _is(scope: KeyScope) -> tuple[ColumnElement[bool], ...]:
    return tuple(keys.c[name] == value for name, value in asdict(scope).items())


KEY_CHECK_THEN_INSERT = Defect(
    id="key-check-then-insert",
    what="The idempotency key is looked up and then inserted; nothing in between stops a second click.",
    breaks=frozenset({"I1", "I6"}),
    exposed_by="duplicate-clicks",
    parts=Parts(store=_CheckingStore, create_payment=_Orderless),
    alterations=("ALTER TABLE idempotency_keys DROP CONSTRAINT idempotency_keys_pkey",),
)
