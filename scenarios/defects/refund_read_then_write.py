"""Refunds read what is left of a payment and write what has gone back, and nobody locks the payment's row meanwhile."""

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from engine.attempt import AttemptKind
from engine.inbox import InboxEntry
from engine.payment import Move, Payment
from engine.ports import Written
from engine.settlement import Case
from scenarios.defects.defect import Defect
from scenarios.defects.habitat import habitat
from service.store import PostgresStore, rows, statements
from service.store.books import PostgresBooks
from service.store.tables import attempts, payments
from service.wiring import Parts

_READ_PAYMENT = select(payments).where(
    payments.c.id == bindparam("payment_id"), payments.c.merchant_id == bindparam("merchant_id")
)
# An attempt stays locked, so that nothing happens twice to one refund; two refunds of one payment are not kept apart.
_LOCK_CASE = statements.LOCK_CASE.with_for_update(of=[attempts])
_LOCK_CASE_OF_PSP_OBJECT = statements.LOCK_CASE_OF_PSP_OBJECT.with_for_update(of=[attempts])


class _UnlockedBooks(PostgresBooks):
    async def lock_payment(self, *, merchant_id: str, payment_id: str) -> Payment | None:
        row = await self._row(_READ_PAYMENT, {"merchant_id": merchant_id, "payment_id": payment_id})
        return None if row is None else rows.payment_of(row)

    async def lock_case(self, attempt_id: str) -> Case | None:
        return await self._case(_LOCK_CASE, {"attempt_id": attempt_id})

    async def lock_case_of_psp_object(self, *, kind: AttemptKind, psp_id: str) -> Case | None:
        return await self._case(_LOCK_CASE_OF_PSP_OBJECT, {"kind": kind, "psp_id": psp_id})


class _UnlockedStore(PostgresStore):
    def books(self, connection: AsyncConnection) -> PostgresBooks:
        return _UnlockedBooks(connection, ids=self._ids)

    async def advance(
        self, before: Case, after: Case, *, move: Move | None, event: InboxEntry | None = None
    ) -> Written:
        if before.attempt.kind is AttemptKind.REFUND and before.attempt.tries and after.refund != before.refund:
            return Written.OVERTAKEN  # so that it is decided from what is read then, by the books above
        return await super().advance(before, after, move=move, event=event)


REFUND_READ_THEN_WRITE = Defect(
    id="refund-read-then-write",
    what="What is left to refund is read without a lock, so that two refunds at once both get it; no trigger adds up.",
    seen_in="juspay/hyperswitch#13182",
    breaks=frozenset({"I7"}),
    habitat=habitat("racing-refunds", scripts=["refunder"], service_processes=2, database_latency_s=[0.02, 0.1]),
    parts=Parts(store=_UnlockedStore),
    without_guards=True,
)
