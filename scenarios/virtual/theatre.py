"""Where the runs of one variant of the service take place: one database, and what it takes to use it again and again.

The database is emptied before each run. Rows lie on other pages then than in a new one, which is why no statement of
the service depends on an order that it does not ask for.
"""

import asyncio
from collections.abc import Mapping

from sqlalchemy import insert
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from engine.outgoing import Endpoint, EndpointState
from scenarios.guests import merchant_id
from scenarios.recording import Rows
from scenarios.virtual.backends import Backends
from scenarios.virtual.loop import Address
from scenarios.virtual.observer import Observer
from scenarios.virtual.pools import Pools
from service.export import EXPORTED, OPEN_WORK, OUTGOING, export_books
from service.store.outgoing_rows import endpoint_values
from service.store.tables import endpoints, metadata
from service.wiring import add_merchant, create_schema

API_KEY = "key_of_the_merchant"
"""Of the first merchant; see `api_key`."""

_RUNS_PER_VACUUM = 50  # what was deleted takes up room until then
_POSTGRES_PORT = 5432


class Theatre:
    """A database with the service's tables and its merchants."""

    def __init__(self, database: URL, *, runner: asyncio.Runner) -> None:
        """Take an empty database; `runner` asks it in real time, between the runs."""
        self.database = database
        self.pools = Pools(runner)  # of the processes, from earlier runs
        self.backends = Backends(_address_of(database), password=database.password)
        self._runner = runner
        self._engine = create_async_engine(database, isolation_level="AUTOCOMMIT")
        self._observer = Observer(self.backends.address, database=database)
        self._runs = 0

    def build(self, alterations: tuple[str, ...], *, merchants: int) -> None:
        """Create the tables and so many merchants, and alter the tables as a defect wants them."""
        self._runner.run(_build(self._engine, alterations, merchants=merchants))

    def clean(self) -> None:
        """Empty the tables."""
        if self._runs:
            self._runner.run(_execute(self._engine, _EMPTY))
        if self._runs % _RUNS_PER_VACUUM == _RUNS_PER_VACUUM - 1:
            self._runner.run(_execute(self._engine, "VACUUM"))
        self._runs += 1

    def listen(self, *, merchant: int, url: str, secret: str) -> None:
        """Let a merchant, who are counted from 1, be told what happens from now on, until the tables are emptied."""
        self._runner.run(_listen(self._engine, merchant_id(merchant), url=url, secret=secret))

    def books(self, *, with_outgoing: bool) -> Mapping[str, Rows]:
        """Return what the service has written, also about what it told merchants if that is wanted."""
        return self._runner.run(export_books(self._engine, (*EXPORTED, *OUTGOING) if with_outgoing else EXPORTED))

    def has_open_work(self) -> bool:
        """Tell whether anything is left to do; may be asked while a run is under way."""
        return self._observer.is_true(OPEN_WORK)

    def close(self) -> None:
        """Close the connections."""
        self._observer.close()
        self.backends.close()
        self._runner.run(self._engine.dispose())


_KEPT = ("merchants", "api_keys")
_EMPTIED = tuple(table.name for table in reversed(metadata.sorted_tables) if table.name not in _KEPT)
_EMPTY = "; ".join(f"DELETE FROM {name}" for name in _EMPTIED)  # noqa: S608 - the names are ours


def api_key(merchant: int) -> str:
    """Return the key of a merchant, who are counted from 1."""
    return API_KEY if merchant == 1 else f"{API_KEY}_{merchant}"


async def _build(engine: AsyncEngine, alterations: tuple[str, ...], *, merchants: int) -> None:
    await create_schema(engine)
    for number in range(1, merchants + 1):
        await add_merchant(engine, merchant_id=merchant_id(number), name="The merchant", api_key=api_key(number))
    for statement in alterations:
        await _execute(engine, statement)


async def _listen(engine: AsyncEngine, merchant: str, *, url: str, secret: str) -> None:
    endpoint = Endpoint(
        id=f"end_of_{merchant}",
        merchant_id=merchant,
        url=url,
        state=EndpointState.ENABLED,
        secret=secret,
        created_at_us=0,
    )
    async with engine.connect() as connection:
        await connection.execute(insert(endpoints).values(endpoint_values(endpoint)))


async def _execute(engine: AsyncEngine, script: str) -> None:
    # By the driver itself, which sends several statements in one round trip when none has parameters.
    async with engine.connect() as connection:
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver is not None
        await driver.execute(script)


def _address_of(database: URL) -> Address:
    """Return where the server of this database listens."""
    host = database.query.get("host", database.host)
    assert isinstance(host, str), "a database URL names its server"
    port = database.port or _POSTGRES_PORT
    return f"{host}/.s.PGSQL.{port}" if host.startswith("/") else (host, port)
