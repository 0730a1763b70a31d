"""Pages of lists, the same for each list: newest first, and stable while rows are added."""

from collections.abc import Callable, Sequence

from service import cursor
from service.schemas import ListView, PageQuery
from service.store import Page


def page_of(query: PageQuery) -> Page:
    """Return which rows to read: one more than asked tells whether there is a next page.

    Raises:
        ProblemError: we never gave out such a cursor.
    """
    after = None if query.cursor is None else cursor.parse(query.cursor)
    return Page(limit=query.limit + 1, after=after)


def paged[Row, Item](
    found: Sequence[Row], query: PageQuery, *, view: Callable[[Row], Item], place: Callable[[Row], tuple[int, str]]
) -> ListView[Item]:
    """Return one page of what was found; `place` says where a row stands, in microseconds and by id."""
    shown, has_more = found[: query.limit], len(found) > query.limit
    return ListView(
        data=[view(row) for row in shown],
        has_more=has_more,
        next_cursor=cursor.after(*place(shown[-1])) if has_more else None,
    )
