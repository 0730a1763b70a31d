"""The engine's `Store` on PostgreSQL: transactions, and single statements that need none."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import Delete
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from engine.idempotency import Answer, KeyScope, Remembered
from engine.inbox import InboxEntry
from engine.ports import DueWork, Ids
from service.store import statements
from service.store.books import PostgresBooks, insert_event, key_parameters
from service.store.errors import translated


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

    async def due_work(self, *, now_us: int, limit: int) -> DueWork:
        """Return what is due, at most `limit` of each kind."""
        with translated():
            async with self._single.connect() as connection:
                found = (await connection.execute(statements.DUE_WORK, {"now_us": now_us, "limit": limit})).all()
        return DueWork(
            attempt_ids=[row.id for row in found if row.kind == "attempt"],
            event_ids=[row.id for row in found if row.kind == "event"],
        )

    async def forget_keys(self, *, now_us: int, limit: int) -> int:
        """Delete keys whose retention is over, at most `limit`, and return how many."""
        return await self._deleted(statements.FORGET_KEYS, {"now_us": now_us, "limit": limit})

    async def forget_events(self, *, before_us: int, limit: int) -> int:
        """Delete decided events that were received before, at most `limit`, and return how many."""
        return await self._deleted(statements.FORGET_EVENTS, {"before_us": before_us, "limit": limit})

    async def _deleted(self, statement: Delete, parameters: dict[str, int]) -> int:
        with translated():
            async with self._single.connect() as connection:
                return (await connection.execute(statement, parameters)).rowcount
