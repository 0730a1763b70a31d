"""The engine's `StatementBooks` on PostgreSQL: the part of the books about the PSP's statement and about repairs."""

from collections.abc import Collection, Sequence
from dataclasses import asdict

from engine.attempt import AttemptKind
from engine.repair import Repair
from engine.statement import Progress, StatementLine
from service.store import rows
from service.store import statement_statements as statements
from service.store.part import Part

THE_PROGRESS = "statement"  # the id of the only row


class StatementPart(Part):
    """See `engine.statement_ports.StatementBooks` for what each method promises."""

    async def begin_progress(self, progress: Progress) -> None:
        """Write the first progress, unless there is one."""
        await self._connection.execute(statements.BEGIN_PROGRESS, {"id": THE_PROGRESS} | asdict(progress))

    async def lock_progress(self, *, wait: bool) -> Progress | None:
        """Lock the progress; None if there is none or, unless it is to be waited for, somebody else holds it."""
        row = await self._row(statements.LOCK_PROGRESS if wait else statements.LOCK_PROGRESS_UNLESS_BUSY, {})
        return None if row is None else rows.progress_of(row)

    async def save_progress(self, progress: Progress) -> None:
        """Write the progress."""
        await self._write(statements.UPDATE_PROGRESS, asdict(progress))

    async def first_settled_at_us(self) -> int | None:
        """Return when an attempt was first settled."""
        row = await self._row(statements.FIRST_SETTLED, {})
        return None if row is None else row["settled_at_us"]

    async def insert_lines(self, lines: Sequence[StatementLine], *, at_us: int) -> Collection[str]:
        """Store lines once by their id, due for matching, and return the ids of those that were new."""
        values = [rows.line_values(line, at_us=at_us) for line in lines]
        result = await self._connection.execute(statements.INSERT_LINES, {"lines": values})
        return frozenset(result.scalars())

    async def lines(self, ids: Collection[str]) -> Sequence[StatementLine]:
        """Return these lines as they were first read."""
        result = await self._connection.execute(statements.LINES, {"ids": list(ids)})
        return [rows.line_of(row) for row in result.mappings()]

    async def lines_of(self, kind: AttemptKind, psp_id: str) -> Sequence[StatementLine]:
        """Return all lines about an object of the PSP, oldest first."""
        is_capture = kind is AttemptKind.CAPTURE
        statement = statements.LINES_OF_CAPTURES if is_capture else statements.LINES_OF_REFUNDS
        result = await self._connection.execute(statement, {"ids": [psp_id]})
        return [rows.line_of(row) for row in result.mappings()]

    async def save_matched(self, line_ids: Collection[str], *, due_at_us: int | None) -> None:
        """Write when these lines are to be looked at again; None: never."""
        parameters = {"ids": list(line_ids), "matched_due_at_us": due_at_us}
        await self._connection.execute(statements.MATCHED, parameters)

    async def close_explained(self, psp_ids: Collection[str], *, at_us: int) -> None:
        """Close, as repaired, that lines of these objects were missing or that their money was nobody's."""
        parameters = {"ids": list(psp_ids), "explained_at_us": at_us}
        await self._connection.execute(statements.CLOSE_EXPLAINED, parameters)

    async def is_repaired_by_refunds_of(self, capture_psp_id: str) -> bool:
        """Tell whether refunds of this payment repair a discrepancy."""
        return await self._row(statements.IS_REPAIRED_BY_REFUNDS, {"the_subject": capture_psp_id}) is not None

    async def lock_repair(self, discrepancy_id: str, *, wait: bool) -> Repair | None:
        """Lock a discrepancy that can be repaired; None if, unless it is to be waited for, somebody holds it."""
        statement = statements.LOCK_REPAIR if wait else statements.LOCK_REPAIR_UNLESS_BUSY
        row = await self._row(statement, {"the_discrepancy": discrepancy_id})
        return None if row is None else rows.repair_of(row)

    async def save_repair(self, repair: Repair) -> None:
        """Write how a repair stands."""
        changes = {"the_discrepancy": repair.discrepancy_id} | rows.repair_changes(repair)
        await self._write(statements.UPDATE_REPAIR, changes)

    async def hasten_repair(self, subject: str, *, has_failed: bool, at_us: int) -> None:
        """Have the repair of a capture looked at now; one whose refund failed afterwards is open again."""
        parameters = {"the_subject": subject, "has_failed": has_failed, "hastened_at_us": at_us}
        await self._connection.execute(statements.HASTEN_REPAIR, parameters)
