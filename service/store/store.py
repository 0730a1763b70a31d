"""The engine's `Store` on PostgreSQL: transactions, and single statements that need none."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from engine.idempotency import Answer, KeyScope, Remembered
from engine.inbox import InboxEntry
from engine.matching import Matter
from engine.ports import DueWork, Ids
from engine.statement_ports import Unreported
from service.store import statements
from service.store.books import PostgresBooks, insert_event, key_parameters
from service.store.errors import translated
from service.store.statement_reads import due_matters, unreported


class PostgresStore:
    """Our books between transactions.

    A single statement runs in autocommit mode: one round trip instead of three.
    """

    def __init__(self, engine: AsyncEngine, *, ids: Ids) -> None:
        """Take the pool; `ids` names discrepancies."""
        self._engine = engine
        self._single = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._ids = ids

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[PostgresBooks]:
        """Open a transaction: committed at the end of the block, rolled back if it raises."""
        with translated():
            async with self._engine.begin() as connection:
                yield self.books(connection)

    def books(self, connection: AsyncConnection) -> PostgresBooks:
        """Return the books on an open transaction."""
        return PostgresBooks(connection, ids=self._ids)

    async def remembered(self, scope: KeyScope, *, now_us: int) -> Remembered | None:
        """Return the answer to a key, unless it has expired."""
        with translated():
            async with self._single.connect() as connection:
                parameters = key_parameters(scope) | {"now_us": now_us}
                row = (await connection.execute(statements.REMEMBERED, parameters)).mappings().one_or_none()
        if row is None:
            return None
        answer = Answer(status=row["status"], body=row["body"])
        return Remembered(fingerprint=row["fingerprint"], answer=answer, expires_at_us=row["expires_at_us"])

    async def insert_event(self, entry: InboxEntry) -> bool:
        """Store an event that needs no look at the books."""
        with translated():
            async with self._single.connect() as connection:
                return await insert_event(connection, entry)

    async def due_work(self, *, now_us: int, limit: int, settled_before_us: int) -> DueWork:
        """Return what is due, at most `limit` of each kind."""
        parameters = {"now_us": now_us, "limit": limit, "settled_before_us": settled_before_us}
        with translated():
            async with self._single.connect() as connection:
                found = (await connection.execute(statements.DUE_WORK, parameters)).all()
        return DueWork(
            attempt_ids=[row.id for row in found if row.kind == "attempt"],
            event_ids=[row.id for row in found if row.kind == "event"],
            discrepancy_ids=[row.id for row in found if row.kind == "discrepancy"],
            is_statement_due=any(row.kind == "statement" for row in found),
        )

    async def due_matters(self, *, now_us: int, limit: int) -> Sequence[Matter]:
        """Return the objects of at most `limit` lines that are due, each with what we know of it."""
        with translated():
            async with self._single.connect() as connection:
                return await due_matters(connection, now_us=now_us, limit=limit)

    async def unreported(self, *, after: tuple[int, str], until_us: int, limit: int) -> Sequence[Unreported]:
        """Return money without a line that was settled after this moment and attempt and before then."""
        with translated():
            async with self._single.connect() as connection:
                return await unreported(connection, after=after, until_us=until_us, limit=limit)

    async def forget_keys(self, *, now_us: int) -> None:
        """Delete the keys whose retention is over."""
        with translated():
            async with self._single.connect() as connection:
                await connection.execute(statements.FORGET_KEYS, {"now_us": now_us})
