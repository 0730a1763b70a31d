"""The provider as a whole: whether it is up, everything it knows at once, and starting anew."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from itertools import batched
from typing import Literal, TypedDict

from starlette.responses import StreamingResponse

from psp_chaos.control.actions import Action
from psp_chaos.control.asked import Asked, InRealm, Nothing
from psp_chaos.export import Row, bite_row, line_row, movement_row, payment_row, refund_row
from psp_chaos.faults.installed import Bite, Faults
from psp_chaos.journal import Journal, Line

_ROWS_AT_ONCE = 500  # written without a pause: others are served in between


class Health(TypedDict):
    """How the provider is."""

    status: Literal["ok"]
    idle: bool  # no delivery and no late effect is under way or waited for


class Export(TypedDict):
    """Everything, in the order in which it came about."""

    payments: list[Row]
    refunds: list[Row]
    movements: list[Row]
    journal: list[Row]
    faults: list[Row]


async def show_health(asked: Asked[Nothing, None]) -> Health:
    """Tell that the provider is up, and whether deliveries or late effects are under way."""
    return {"status": "ok", "idle": asked.plant.psp.idle()}


async def export(asked: Asked[InRealm, None]) -> StreamingResponse:
    """Show everything at once, as it is kept with a run; it is written as it is read, so it may be large."""
    psp, realm = asked.plant.psp, asked.realm
    books = (
        _written("payments", list(realm.books.payments.values()), payment_row),
        _written("refunds", list(realm.books.refunds.values()), refund_row),
        _written("movements", list(realm.ledger.movements.values()), movement_row),
        _written("journal", _lines(psp.journal), line_row),
        _written("faults", _bites(psp.faults), bite_row),
    )
    return StreamingResponse(_joined(books), media_type="application/json")


async def reset(asked: Asked[Nothing, None]) -> None:
    """Start anew with empty books and no faults; what is under way is dropped, and the clock stays as it is."""
    await asked.plant.reset()


def _lines(journal: Journal) -> Iterator[Line]:
    """Read the journal as far as it is written now, a part at a time."""
    end = len(journal)
    for start in range(0, end, _ROWS_AT_ONCE):
        yield from journal.read(after=start - 1, limit=min(_ROWS_AT_ONCE, end - start))


def _bites(faults: Faults) -> Iterator[Bite]:
    end = faults.bites_in_all
    for start in range(0, end, _ROWS_AT_ONCE):
        for _, bite in faults.read_bites(after=start - 1, limit=min(_ROWS_AT_ONCE, end - start)):
            yield bite


def _written[V](name: str, rows: Iterable[V], row: Callable[[V], Row]) -> Iterator[str]:
    """Write one book as a member of an object, in parts."""
    yield f'"{name}": ['
    separator = ""
    for part in batched(rows, _ROWS_AT_ONCE):
        yield separator + ", ".join(json.dumps(row(found)) for found in part)
        separator = ", "
    yield "]"


async def _joined(books: Iterable[Iterator[str]]) -> AsyncIterator[str]:
    opening = "{"
    for book in books:
        yield opening
        opening = ", "
        for part in book:
            yield part
            await asyncio.sleep(0)
    yield "}"


WHOLE_ACTIONS = (
    Action(method="GET", path="/health", perform=show_health, answers=Health, is_open=True),
    Action(method="GET", path="/export", perform=export, query=InRealm, answers=Export),
    Action(method="POST", path="/reset", perform=reset, answers=None),
)
