"""The journal and the bites, page by page."""

from pydantic import TypeAdapter

from psp_chaos.control.actions import Action, Json, Rows
from psp_chaos.control.asked import Asked, Page
from psp_chaos.control.refusals import NotThere
from psp_chaos.faults.installed import Bite
from psp_chaos.journal import Line

_DIGITS_MAX = 18  # then a number fits wherever a log may be kept
_LINE: TypeAdapter[Line] = TypeAdapter(Line)
_BITE = TypeAdapter(Bite)


def shown_line(line: Line) -> Json:
    """Write a line of the journal as plain data."""
    shown = _LINE.dump_python(line, mode="json")
    assert isinstance(shown, dict)
    return shown


def shown_bite(bite: Bite) -> Json:
    """Write a bite as plain data."""
    shown = _BITE.dump_python(bite, mode="json")
    assert isinstance(shown, dict)
    return shown


async def show_journal(asked: Asked[Page, None]) -> Rows:
    """Show a page of what was asked and told, by all accounts, oldest first."""
    journal, after = asked.plant.psp.journal, _number(asked.query.after)
    lines = journal.read(after=after, limit=asked.query.limit)
    last = lines[-1].number if lines else after
    return _rows([shown_line(line) for line in lines], last=last, total=len(journal))


async def show_bites(asked: Asked[Page, None]) -> Rows:
    """Show a page of when faults bit, oldest first."""
    faults, after = asked.plant.psp.faults, _number(asked.query.after)
    found = faults.read_bites(after=after, limit=asked.query.limit)
    last = found[-1][0] if found else after
    return _rows([shown_bite(bite) for _, bite in found], last=last, total=faults.bites_in_all)


def _rows(data: list[Json], *, last: int, total: int) -> Rows:
    return {"data": data, "total": total, "next": None if last < 0 else str(last), "has_more": last + 1 < total}


def _number(after: str | None) -> int:
    if after is None:
        return -1
    if not (after.isascii() and after.isdigit()) or len(after) > _DIGITS_MAX:
        raise NotThere(f"'{after}' is not the number of a row; give `next` of the page before as `after`.")
    return int(after)


DIARY_ACTIONS = (
    Action(method="GET", path="/journal", perform=show_journal, query=Page, answers=Rows),
    Action(method="GET", path="/bites", perform=show_bites, query=Page, answers=Rows),
)
