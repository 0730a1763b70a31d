"""What is new of the service's books and of the PSP's, read in small bites.

Nobody pushes news here. The service's rows are asked for by when they changed, with a look-back that is longer than a
transaction lives; the PSP's books only grow, and are read on from the first row that was not final yet.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import httpx
from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Table, func, or_, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from psp_chaos.export import movement_row, payment_row, refund_row
from psp_chaos.records import Movement, Payment, Refund
from reports.records import JsonObject
from service.store.tables import discrepancies, payments, refunds, transitions

type Books = dict[str, list[JsonObject]]

_LOOK_BACK_US = 10_000_000  # a change is visible only with its commit, which is later than the time it bears
_STATEMENT_TIMEOUT_MS = 2_000  # we are a guest in the database of the load
_ROWS = 1_000  # a page of the PSP's books, and how much of them is read again for what is not final yet
_NOT_FINAL: Final = frozenset({"pending", "action_required"})

_CHANGED: Mapping[Table, tuple[ColumnElement[int], ...]] = MappingProxyType(
    {
        payments: (payments.c.updated_at_us,),
        transitions: (transitions.c.at_us,),
        refunds: (refunds.c.created_at_us, refunds.c.settled_at_us),
        discrepancies: (discrepancies.c.found_at_us, discrepancies.c.closed_at_us),
    }
)


class ServiceSource:
    """The service's database, read only."""

    def __init__(self, database_url: str | URL) -> None:
        self._engine = _guest(database_url)
        self._seen_us = 0

    async def read_news(self) -> Books:
        """Return the rows that have changed, by book, all of one snapshot; some were returned before."""
        since_us = self._seen_us - _LOOK_BACK_US
        books: Books = {}
        async with self._engine.connect() as connection:
            await connection.execution_options(isolation_level="REPEATABLE READ")
            for table, moments in _CHANGED.items():
                found = await connection.execute(select(table).where(or_(*(at_us >= since_us for at_us in moments))))
                books[table.name] = [dict(row) for row in found.mappings()]
            newest_us = await connection.scalar(select(func.max(payments.c.updated_at_us)))
        self._seen_us = newest_us or 0
        return books

    async def close(self) -> None:
        """Leave the database."""
        await self._engine.dispose()


def _guest(database_url: str | URL) -> AsyncEngine:
    limits = {"statement_timeout": str(_STATEMENT_TIMEOUT_MS), "default_transaction_read_only": "on"}
    return create_async_engine(
        make_url(database_url), poolclass=NullPool, connect_args={"server_settings": limits, "timeout": 5}
    )


class PspSource:
    """The PSP's books, over its control plane."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http
        self._books = {
            # Movements come first: whatever one is about is then in the books that are read after it.
            "movements": _GrowingBook("movements", TypeAdapter(Movement), movement_row),
            "refunds": _GrowingBook("refunds", TypeAdapter(Refund), refund_row),
            "payments": _GrowingBook("payments", TypeAdapter(Payment), payment_row),
        }

    async def read_news(self) -> Books:
        """Return the rows that are new, or were not final yet, by book."""
        news = {name: await book.read_news(self._http) for name, book in self._books.items()}
        for name, book in self._books.items():
            book.move_mark(news[name])  # only now: were one of them not to be had, the others' news would be lost
        return news


class _GrowingBook:
    """One book, of which everything up to a mark is read for good."""

    def __init__(self, name: str, adapter: TypeAdapter[Any], row: Any) -> None:
        self._name = name
        self._adapter = adapter
        self._row = row
        self._mark: str | None = None

    async def read_news(self, http: httpx.AsyncClient) -> list[JsonObject]:
        rows: list[JsonObject] = []
        after, has_more = self._mark, True
        while has_more:
            wanted: dict[str, str | int] = {"limit": _ROWS} | ({} if after is None else {"after": after})
            answer = (await http.get(f"/books/{self._name}", params=wanted)).raise_for_status().json()
            rows += [self._row(self._adapter.validate_python(row)) for row in answer["data"]]
            after, has_more = answer["next"], answer["has_more"]
        return rows

    def move_mark(self, rows: list[JsonObject]) -> None:
        settled = next((at for at, row in enumerate(rows) if row.get("status") in _NOT_FINAL), len(rows))
        settled = max(settled, len(rows) - _ROWS)  # what is not final for so long is left as it is
        if settled:
            self._mark = str(rows[settled - 1]["id"])
