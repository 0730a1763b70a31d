"""Search: the rows that a query describes, newest first, with a page's token for the next one."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from typing import Annotated

from pydantic import Field

from psp_chaos.ports import Clock
from psp_chaos.wire.answers import Json
from psp_chaos.wire.calls import Call
from psp_chaos.wire.errors import WireError
from psp_chaos.wire.fields import LIMIT_MAX, Text, Whole
from psp_chaos.wire.objects import search_result
from psp_chaos.wire.pages import Places, Row, View
from psp_chaos.wire.parameters import Parameters
from psp_chaos.wire.queries import Language, understand


class Search(Parameters):
    """`GET /v1/…/search`."""

    query: Text
    limit: Annotated[Whole, Field(ge=1, le=LIMIT_MAX)] = 10
    page: Text | None = None


class Searcher[R: Row]:
    """What can be found on one shelf."""

    def __init__(
        self, rows: dict[str, R], language: Language[R], *, url: str, show: Callable[[R], Json], clock: Clock
    ) -> None:
        self._rows = rows
        self._language = language
        self._url = url
        self._show = show
        self._clock = clock
        self._places = Places(rows)

    def found(self, call: Call[Search]) -> tuple[Json, bool]:
        """Return a page of what a query describes, and whether a fault has made a difference."""
        wanted = call.parameters
        matches = understand(wanted.query, self._language)
        view: View[R] = View(call.view, now_us=self._clock.now_us())
        ordered = reversed(self._rows.values()) if wanted.page is None else self._behind(wanted.page)
        rows, has_more = view.take((row for row in ordered if matches(row)), limit=wanted.limit)
        next_page = _token(rows[-1].id) if has_more else None
        return search_result([self._show(row) for row in rows], url=self._url, next_page=next_page), view.is_distorted

    def _behind(self, token: str) -> Iterator[R]:
        row_id = _row_id(token)
        if row_id not in self._rows:
            raise WireError("This page does not exist.", param="page")
        return self._places.older(row_id)


def _token(row_id: str) -> str:
    return urlsafe_b64encode(row_id.encode()).decode()


def _row_id(token: str) -> str:
    try:
        return urlsafe_b64decode(token.encode()).decode()
    except ValueError:  # not base64, or not text
        return ""
