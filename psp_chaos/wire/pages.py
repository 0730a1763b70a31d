"""Pages of a list: newest first, with cursors that are identifiers (docs.stripe.com/api/pagination).

A page costs what it shows, not what is kept: rows are reached by their place. A shelf cannot be asked for a place, so
the places are noted down beside it, the new ones whenever a cursor is given.
"""

from collections.abc import Callable, Iterator
from itertools import islice, takewhile
from typing import Protocol

from psp_chaos.agenda import MICROSECONDS_PER_SECOND
from psp_chaos.faults.verdicts import HideNewest, ReadingVerdict, ShortenPage
from psp_chaos.ports import Clock
from psp_chaos.wire.answers import Json
from psp_chaos.wire.calls import Call
from psp_chaos.wire.errors import WireError
from psp_chaos.wire.fields import EVER
from psp_chaos.wire.objects import listing, seconds
from psp_chaos.wire.parameters import Page

SLACK = 1_000  # identifiers of rows that are gone, before they are forgotten


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


class Places[R: Row]:
    """The order of a shelf: which rows are older and newer than one of them."""

    def __init__(self, rows: dict[str, R]) -> None:
        self._rows = rows
        self._ids: list[str] = []  # those that were taken off the shelf since are passed over
        self._places: dict[str, int] = {}

    def older(self, row_id: str) -> Iterator[R]:
        """Return what was there before a row, newest first."""
        return self._at(range(self._place(row_id) - 1, -1, -1))

    def newer(self, row_id: str) -> Iterator[R]:
        """Return what came after a row, oldest first."""
        place = self._place(row_id)
        return self._at(range(place + 1, len(self._ids)))

    def _at(self, places: range) -> Iterator[R]:
        return (self._rows[row_id] for place in places if (row_id := self._ids[place]) in self._rows)

    def _place(self, row_id: str) -> int:
        if len(self._ids) > 2 * len(self._rows) + SLACK:  # most of them are gone
            self._ids, self._places = [], {}
        fresh = list(takewhile(lambda one: one not in self._places, reversed(self._rows)))
        for one in reversed(fresh):
            self._places[one] = len(self._ids)
            self._ids.append(one)
        return self._places[row_id]


class View[R: Row]:
    """How rows are looked at: as they are, or as a fault wants it; remembers whether that made a difference."""

    def __init__(self, verdict: ReadingVerdict | None, *, now_us: int) -> None:
        self._rows_max = verdict.rows_max if isinstance(verdict, ShortenPage) else None
        hidden_s = verdict.younger_than_s if isinstance(verdict, HideNewest) else None
        self._horizon_us = None if hidden_s is None else now_us - round(hidden_s * MICROSECONDS_PER_SECOND)
        self.is_distorted = False

    def take(self, rows: Iterator[R], *, limit: int) -> tuple[list[R], bool]:
        """Return the rows of a page, and whether there are more."""
        seen = (row for row in rows if self._shows(row)) if self._horizon_us is not None else rows
        page_max = limit if self._rows_max is None else min(limit, self._rows_max)
        found = list(islice(seen, page_max + 1))
        has_more = len(found) > page_max
        self.is_distorted |= has_more and page_max < limit
        return found[:page_max], has_more

    def _shows(self, row: R) -> bool:
        is_hidden = self._horizon_us is not None and row.created_at_us > self._horizon_us
        self.is_distorted |= is_hidden
        return not is_hidden


class Pages[R: Row]:
    """The pages of one shelf, whose rows are kept oldest first."""

    def __init__(self, rows: dict[str, R], *, url: str, show: Callable[[R], Json], clock: Clock) -> None:
        self._rows = rows
        self._url = url
        self._show = show
        self._clock = clock
        self._places = Places(rows)

    def page(
        self, call: Call[Page], *, where: Callable[[R], bool] | None = None, among: dict[str, R] | None = None
    ) -> tuple[Json, bool]:
        """Return a page, and whether a fault has made a difference; `among` are the rows that come into question.

        Raises:
            WireError: A cursor names no row, or both cursors are given.
        """
        wanted = call.parameters
        view: View[R] = View(call.view, now_us=self._clock.now_us())
        rows, has_more = view.take(self._matching(wanted, where, among), limit=wanted.limit)
        if wanted.ending_before is not None:
            rows.reverse()  # looked for from the cursor upwards, shown newest first all the same
        return listing([self._show(row) for row in rows], url=self._url, has_more=has_more), view.is_distorted

    def _matching(self, wanted: Page, where: Callable[[R], bool] | None, among: dict[str, R] | None) -> Iterator[R]:
        rows = self._ordered(wanted, self._rows, self._places) if among is None else self._among(wanted, among)
        created = wanted.created
        if created is not EVER:
            rows = (row for row in rows if created.includes(seconds(row.created_at_us)))
        return rows if where is None else (row for row in rows if where(row))

    def _among(self, wanted: Page, among: dict[str, R]) -> Iterator[R]:
        return self._ordered(wanted, among, Places(among))

    def _ordered(self, wanted: Page, rows: dict[str, R], places: Places[R]) -> Iterator[R]:
        if wanted.starting_after is not None and wanted.ending_before is not None:
            raise WireError("Give starting_after or ending_before, not both.", param="ending_before")
        if wanted.starting_after is not None:
            _require(wanted.starting_after, rows, param="starting_after")
            return places.older(wanted.starting_after)
        if wanted.ending_before is not None:
            _require(wanted.ending_before, rows, param="ending_before")
            return places.newer(wanted.ending_before)
        return iter(reversed(rows.values()))


def _require[R](cursor: str, rows: dict[str, R], *, param: str) -> None:
    if cursor not in rows:
        raise WireError.missing("object", cursor, param=param)
