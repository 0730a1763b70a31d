"""What the statement's readers look for between transactions, without locks; a batch is a handful of round trips."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from engine.attempt import AttemptKind
from engine.matching import Matter
from engine.settlement import Case
from engine.statement import StatementLine
from engine.statement_ports import Unreported
from service.store import rows
from service.store import statement_statements as statements

_LINES_OF = {
    AttemptKind.CAPTURE: statements.LINES_OF_CAPTURES,
    AttemptKind.REFUND: statements.LINES_OF_REFUNDS,
}


async def due_matters(connection: AsyncConnection, *, now_us: int, limit: int) -> Sequence[Matter]:
    """Return the objects of at most `limit` lines that are due, each with what we know of it."""
    due = (await connection.execute(statements.DUE_OBJECTS, {"now_us": now_us, "limit": limit})).all()
    matters: list[Matter] = []
    for kind in AttemptKind:
        psp_ids = list(dict.fromkeys(row.psp_id for row in due if row.kind == kind))
        if psp_ids:
            matters += await _matters(connection, kind, psp_ids)
    return matters


async def _matters(connection: AsyncConnection, kind: AttemptKind, psp_ids: list[str]) -> Iterable[Matter]:
    # The case first: a line that comes in between is then new to the match, and not the other way round.
    found = await connection.execute(statements.CASES_OF_PSP_OBJECTS, {"kind": kind, "ids": psp_ids})
    cases = {row["attempt_psp_id"]: _case(row) for row in found.mappings()}
    lines: defaultdict[str, list[StatementLine]] = defaultdict(list)
    for row in (await connection.execute(_LINES_OF[kind], {"ids": psp_ids})).mappings():
        lines[row["psp_id"]].append(rows.line_of(row))
    return (Matter(kind=kind, psp_id=psp_id, lines=lines[psp_id], case=cases.get(psp_id)) for psp_id in psp_ids)


def _case(row: rows.Row) -> Case:
    payment = rows.payment_of(row, prefix="payment_")
    refund = None
    if row["refund_id"] is not None:
        refund = rows.refund_of(row, currency=payment.amount.currency, prefix="refund_")
    return Case(payment=payment, attempt=rows.attempt_of(row, prefix="attempt_"), refund=refund)


async def unreported(
    connection: AsyncConnection, *, after: tuple[int, str], until_us: int, limit: int
) -> Sequence[Unreported]:
    """Return money without a line that was settled after this moment and attempt and before then."""
    after_us, after_id = after
    parameters = {"after_us": after_us, "after_id": after_id, "until_us": until_us, "limit": limit}
    found = await connection.execute(statements.UNREPORTED, parameters)
    return [
        Unreported(
            kind=AttemptKind(row.kind),
            psp_id=row.psp_id,
            attempt_id=row.attempt_id,
            settled_at_us=row.settled_at_us,
        )
        for row in found
    ]
