"""Counters: where the operations of one kind of object are served, and what they all do alike."""

from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus
from typing import ClassVar

from psp_chaos.agenda import MICROSECONDS_PER_SECOND
from psp_chaos.answers import Answer
from psp_chaos.faults.verdicts import ShowPast
from psp_chaos.wire.answers import Json, answer
from psp_chaos.wire.calls import Call
from psp_chaos.wire.errors import WireError
from psp_chaos.wire.pages import Pages, Row
from psp_chaos.wire.parameters import Page, Parameters
from psp_chaos.wire.presenter import Presenter
from psp_chaos.wire.realms import Realm
from psp_chaos.wire.search import Search, Searcher


class Counter[R: Row]:
    """Serves what is asked about one kind of object in one realm."""

    kind: ClassVar[str]  # as the wire calls it
    noun: ClassVar[str]  # as its errors call it
    param: ClassVar[str] = "id"  # as its errors call the identifier of a path

    def __init__(self, realm: Realm) -> None:
        self._realm = realm
        self._presenter = realm.counter(Presenter)

    def _named(self, rows: dict[str, R], object_id: str) -> R:
        """Return the object that a path names."""
        if object_id not in rows:
            raise self._missing(object_id)
        return rows[object_id]

    def _missing(self, object_id: str) -> WireError:
        return WireError.missing(self.noun, object_id, param=self.param, status=HTTPStatus.NOT_FOUND)

    def _answer[P: Parameters](self, call: Call[P], row: R, show: Callable[[R], Json]) -> Answer:
        """Answer with an object as it is now."""
        return answer(self._presenter.expanded(show(row), call.parameters.expand, kind=self.kind), object_id=row.id)

    def _shown[P: Parameters](self, call: Call[P], row: R, show: Callable[[R], Json]) -> Answer:
        """Answer with an object as it is now, or as it was where a fault wants it."""
        if not isinstance(call.view, ShowPast):
            return self._answer(call, row, show)
        then_us = self._realm.clock.now_us() - round(call.view.age_s * MICROSECONDS_PER_SECOND)
        if row.created_at_us > then_us:
            return replace(self._missing(row.id).answer(request_id=call.cause.request_id), is_distorted=True)
        events = self._realm.log.of(row.id)
        by_then = [event for event in events if event.created_at_us <= then_us]
        if not by_then or by_then[-1] is events[-1]:
            return self._answer(call, row, show)  # nothing has been told of it since
        shown = self._presenter.expanded(by_then[-1].snapshot, call.parameters.expand, kind=self.kind)
        return replace(answer(shown, object_id=row.id), is_distorted=True)

    def _page[P: Page](
        self,
        call: Call[P],
        pages: Pages[R],
        *,
        where: Callable[[R], bool] | None = None,
        among: dict[str, R] | None = None,
    ) -> Answer:
        """Answer with a page of a list."""
        shown, is_distorted = pages.page(call, where=where, among=among)
        return self._listed(call, shown, is_distorted=is_distorted)

    def _found(self, call: Call[Search], searcher: Searcher[R]) -> Answer:
        """Answer with a page of what a search has found."""
        shown, is_distorted = searcher.found(call)
        return self._listed(call, shown, is_distorted=is_distorted)

    def _listed[P: Parameters](self, call: Call[P], shown: Json, *, is_distorted: bool) -> Answer:
        expanded = self._presenter.expanded(shown, call.parameters.expand, kind=f"{self.kind}s")
        return replace(answer(expanded), is_distorted=is_distorted) if is_distorted else answer(expanded)
