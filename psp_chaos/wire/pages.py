"""Pages of a list: newest first, with cursors that are identifiers (docs.stripe.com/api/pagination)."""

import itertools
from collections.abc import Callable, Iterable
from typing import Protocol

from psp_chaos.answers import Answer
from psp_chaos.wire.answers import Json, answer
from psp_chaos.wire.errors import WireError
from psp_chaos.wire.objects import listing, seconds
from psp_chaos.wire.parameters import Page


class Row(Protocol):
    """What can be listed."""

    @property
    def id(self) -> str:
        """Name the row; a cursor is one of these."""
        ...

    @property
    def created_at_us(self) -> int:
        """Tell when it was created."""
        ...


def page[R: Row](
    rows: dict[str, R],
    wanted: Page,
    *,
    url: str,
    show: Callable[[R], Json],
    where: Callable[[R], bool] = lambda _: True,
) -> Answer:
    """Answer one page of rows that are kept oldest first.

    Raises:
        WireError: A cursor names no row, or both cursors are given.
    """
    _check_cursors(rows, wanted)
    backwards = wanted.ending_before is not None
    ordered: Iterable[R] = rows.values() if backwards else reversed(rows.values())
    cursor = wanted.ending_before or wanted.starting_after
    if cursor is not None:
        ordered = itertools.islice(itertools.dropwhile(lambda row: row.id != cursor, ordered), 1, None)
    matching = (row for row in ordered if wanted.created.includes(seconds(row.created_at_us)) and where(row))
    found = list(itertools.islice(matching, wanted.limit + 1))
    shown = found[: wanted.limit]
    if backwards:
        shown.reverse()  # looked for from the cursor upwards, shown newest first all the same
    return answer(listing([show(row) for row in shown], url=url, has_more=len(found) > wanted.limit))


def _check_cursors[R: Row](rows: dict[str, R], wanted: Page) -> None:
    if wanted.starting_after is not None and wanted.ending_before is not None:
        raise WireError("Give starting_after or ending_before, not both.", param="ending_before")
    for param, cursor in (("starting_after", wanted.starting_after), ("ending_before", wanted.ending_before)):
        if cursor is not None and cursor not in rows:
            raise WireError.missing("object", cursor, param=param)
