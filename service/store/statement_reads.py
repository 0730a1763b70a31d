"""What the statement's readers look for between transactions, without locks; a batch is a handful of round trips."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from engine.attempt import AttemptKind
from engine.matching import Matter
from engine.statement import StatementLine
from engine.statement_ports import Unreported
from service.store import rows
from service.store import statement_statements as statements
from service.store.single import Singles

_LINES_OF = {
    AttemptKind.CAPTURE: statements.LINES_OF_CAPTURES,
    AttemptKind.REFUND: statements.LINES_OF_REFUNDS,
}


async def due_matters(single: Singles, *, now_us: int, limit: int) -> Sequence[Matter]:
    """Return the objects of at most `limit` lines that are due, each with what we know of it."""
    due = await single.rows(statements.DUE_OBJECTS, {"now_us": now_us, "limit": limit})
    matters: list[Matter] = []
    for kind in AttemptKind:
        psp_ids = list(dict.fromkeys(row["psp_id"] for row in due if row["kind"] == kind))
        if psp_ids:
            matters += await _matters(single, kind, psp_ids)
    return matters


async def _matters(single: Singles, kind: AttemptKind, psp_ids: list[str]) -> Iterable[Matter]:
    # The case first: a line that comes in between is then new to the match, and not the other way round.
    found = await single.rows(statements.CASES_OF_PSP_OBJECTS, {"kind": kind, "ids": psp_ids})
    cases = {row["attempt_psp_id"]: rows.case_of(row) for row in found}
    lines: defaultdict[str, list[StatementLine]] = defaultdict(list)
    for row in await single.rows(_LINES_OF[kind], {"ids": psp_ids}):
        lines[row["psp_id"]].append(rows.line_of(row))
    return (Matter(kind=kind, psp_id=psp_id, lines=lines[psp_id], case=cases.get(psp_id)) for psp_id in psp_ids)


async def unreported(single: Singles, *, after: tuple[int, str], until_us: int, limit: int) -> Sequence[Unreported]:
    """Return money without a line that was settled after this moment and attempt and before then."""
    after_us, after_id = after
    parameters = {"after_us": after_us, "after_id": after_id, "until_us": until_us, "limit": limit}
    found = await single.rows(statements.UNREPORTED, parameters)
    return [
        Unreported(
            kind=AttemptKind(row["kind"]),
            psp_id=row["psp_id"],
            attempt_id=row["attempt_id"],
            settled_at_us=row["settled_at_us"],
        )
        for row in found
    ]
