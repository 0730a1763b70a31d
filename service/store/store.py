"""The engine's `Store` on PostgreSQL: transactions, and single statements that need none."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict

from sqlalchemy import Executable
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from engine.attempt import AttemptKind
from engine.idempotency import Answer, KeyScope, Remembered
from engine.inbox import InboxEntry
from engine.matching import Matter
from engine.payment import Move
from engine.ports import DueWork, Ids, Written
from engine.settlement import Case
from engine.statement_ports import Unreported
from service.store import advance, outgoing_statements, rows, statements
from service.store.books import PostgresBooks, key_parameters
from service.store.errors import translated
from service.store.single import Singles
from service.store.statement_reads import due_matters, unreported


class PostgresStore:
    """Our books between transactions."""

    def __init__(self, engine: AsyncEngine, *, ids: Ids) -> None:
        """Take the pool; `ids` names discrepancies."""
        self._engine = engine
        self._single = Singles(engine)
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

    async def case(self, attempt_id: str) -> Case | None:
        """Read an attempt with its payment and its refund."""
        row = await self._single.row(statements.CASE, {"attempt_id": attempt_id})
        return None if row is None else rows.case_of(row)

    async def case_of_psp_object(self, *, kind: AttemptKind, psp_id: str, attempt_id: str | None) -> Case | None:
        """Read what the PSP speaks of: by its own id, else by our reference."""
        parameters = {"kind": kind, "psp_id": psp_id, "attempt_id": attempt_id}
        row = await self._single.row(statements.CASE_OF_PSP_OBJECT, parameters)
        return None if row is None else rows.case_of(row)

    async def capture_psp_id(self, payment_id: str) -> str | None:
        """Return the PSP's payment that holds the captured money."""
        row = await self._single.row(statements.CAPTURE_PSP_ID, {"payment_id": payment_id})
        return None if row is None else row["psp_id"]

    async def advance(
        self, before: Case, after: Case, *, move: Move | None, event: InboxEntry | None = None
    ) -> Written:
        """Write what has become of a case, and the event that says so, if nothing of the case has changed meanwhile."""
        statement = advance.ADVANCE_CAPTURE if after.refund is None else advance.ADVANCE_REFUND
        return await self._written(statement, rows.advance_values(before, after, move=move, event=event))

    async def advance_unless_busy(self, before: Case, after: Case, *, move: Move | None) -> Written:
        """Do the same, but write nothing and return at once if somebody else holds any of it."""
        is_capture = after.refund is None
        statement = advance.ADVANCE_CAPTURE_UNLESS_BUSY if is_capture else advance.ADVANCE_REFUND_UNLESS_BUSY
        return await self._written(statement, rows.advance_values(before, after, move=move, event=None))

    async def _written(self, statement: Executable, parameters: Mapping[str, object]) -> Written:
        row = await self._single.row(statement, parameters)
        assert row is not None, "counts are always there"
        if not row["held"]:
            return Written.OVERTAKEN
        return Written.DONE if row["written"] else Written.REPEATED

    async def remembered(self, scope: KeyScope, *, now_us: int) -> Remembered | None:
        """Return the answer to a key, unless it has expired."""
        row = await self._single.row(statements.REMEMBERED, key_parameters(scope) | {"now_us": now_us})
        if row is None:
            return None
        answer = Answer(status=row["status"], body=row["body"])
        return Remembered(fingerprint=row["fingerprint"], answer=answer, expires_at_us=row["expires_at_us"])

    async def insert_event(self, entry: InboxEntry) -> bool:
        """Store an event that needs no look at the books."""
        return await self._single.row(statements.INSERT_EVENT, asdict(entry)) is not None

    async def due_work(self, *, now_us: int, limit: int, settled_before_us: int, told_before_us: int) -> DueWork:
        """Return what is due, at most `limit` of each kind."""
        parameters = {
            "now_us": now_us,
            "limit": limit,
            "settled_before_us": settled_before_us,
            "told_before_us": told_before_us,
        }
        found = await self._single.rows(statements.DUE_WORK, parameters)
        return DueWork(
            attempt_ids=[row["id"] for row in found if row["kind"] == "attempt"],
            event_ids=[row["id"] for row in found if row["kind"] == "event"],
            discrepancy_ids=[row["id"] for row in found if row["kind"] == "discrepancy"],
            is_statement_due=any(row["kind"] == "statement" for row in found),
            is_delivery_due=any(row["kind"] == "delivery" for row in found),
            has_old_events=any(row["kind"] == "old-event" for row in found),
        )

    async def due_matters(self, *, now_us: int, limit: int) -> Sequence[Matter]:
        """Return the objects of at most `limit` lines that are due, each with what we know of it."""
        return await due_matters(self._single, now_us=now_us, limit=limit)

    async def unreported(self, *, after: tuple[int, str], until_us: int, limit: int) -> Sequence[Unreported]:
        """Return money without a line that was settled after this moment and attempt and before then."""
        return await unreported(self._single, after=after, until_us=until_us, limit=limit)

    async def forget_keys(self, *, now_us: int, limit: int) -> int:
        """Delete keys whose retention is over, at most `limit`, and return how many."""
        return await self._single.count(statements.FORGET_KEYS, {"now_us": now_us, "limit": limit})

    async def forget_events(self, *, before_us: int, limit: int) -> int:
        """Delete decided events that were received before, at most `limit`, and return how many."""
        return await self._single.count(statements.FORGET_EVENTS, {"before_us": before_us, "limit": limit})

    async def forget_outgoing_events(self, *, before_us: int, limit: int) -> int:
        """Delete outgoing events that happened before, with their deliveries, and return how many; at most `limit`."""
        parameters = {"before_us": before_us, "limit": limit}
        return await self._single.count(outgoing_statements.FORGET_OUTGOING_EVENTS, parameters)
