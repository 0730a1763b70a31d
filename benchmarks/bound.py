"""Simulated payments against the bound: the same SQL statements, replayed bare over one plain connection.

The replay is what PostgreSQL and its driver alone would take: no HTTP, no service, no virtual time, no SQLAlchemy. What
a transaction did is replayed at the moment at which it ended, because one connection has one transaction at a time.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import asyncpg
from sqlalchemy import Connection, event
from sqlalchemy.engine import URL, Engine
from sqlalchemy.ext.asyncio import create_async_engine

from benchmarks.measurement import Measurement
from scenarios.database import DatabaseServer
from scenarios.library import LIBRARY
from scenarios.virtual.stage import Stage
from scenarios.virtual.theatre import API_KEY
from service.wiring import add_merchant, create_schema

_ROUNDS = 5
_SCENARIO = LIBRARY["lost-webhooks"].with_changes({"customers": "60", "storm_s": "600", "calm_s": "7200"})

type Statement = tuple[str, Sequence[object]]


@dataclass(kw_only=True)
class Tape:
    """Every statement of a run, by transaction, in the order in which transactions ended."""

    statements: list[Statement] = field(default_factory=list)
    _open: dict[Connection, list[Statement]] = field(default_factory=dict)

    def begin(self, connection: Connection) -> None:
        """Note that a transaction has begun; in autocommit mode none has, whatever SQLAlchemy calls it."""
        if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
            self._open[connection] = [("BEGIN", ())]

    def execute(self, connection: Connection, statement: str, parameters: Sequence[object]) -> None:
        """Note a statement; one without a transaction stands for itself."""
        self._open.get(connection, self.statements).append((statement, tuple(parameters)))

    def end(self, connection: Connection, word: str) -> None:
        """Note that a transaction has ended."""
        if connection in self._open:
            self.statements += [*self._open.pop(connection), (word, ())]


def measure_bound(server: DatabaseServer) -> list[Measurement]:
    """Return the share of the bound that the simulation reaches, and both rates."""
    simulated, bare = [], []
    with Stage(server) as stage:
        stage.perform(_SCENARIO, seed=1)  # warms what is kept from run to run
        for seed in range(1, _ROUNDS + 1):
            with recorded() as tape:
                stage.perform(_SCENARIO, seed=seed)
            recording = stage.perform(_SCENARIO, seed=seed)  # again, since recording takes time
            payments = len(recording.service["payments"])
            simulated.append(payments / recording.wall_s)
            bare.append(payments / _replay(server, tape.statements))
    shares = tuple(100 * one / other for one, other in zip(simulated, bare, strict=True))
    return [
        Measurement(what="simulated payments, one core", unit="per second", values=tuple(simulated)),
        Measurement(what="the same SQL, bare, one connection", unit="payments per second", values=tuple(bare)),
        Measurement(what="share of that bound", unit="%", values=shares),
    ]


@contextmanager
def recorded() -> Iterator[Tape]:
    """Record what every SQLAlchemy engine executes."""
    tape = Tape()
    listeners = {
        "begin": tape.begin,
        "commit": lambda connection: tape.end(connection, "COMMIT"),
        "rollback": lambda connection: tape.end(connection, "ROLLBACK"),
        "before_cursor_execute": lambda connection, _cursor, statement, parameters, _context, _many: tape.execute(
            connection, statement, parameters
        ),
    }
    for name, listener in listeners.items():
        event.listen(Engine, name, listener)
    try:
        yield tape
    finally:
        for name, listener in listeners.items():
            event.remove(Engine, name, listener)


def _replay(server: DatabaseServer, statements: Sequence[Statement]) -> float:
    """Return the seconds that the statements take on an empty database."""
    with server.new_database() as database:
        return asyncio.run(_replay_on(database, statements))


async def _replay_on(database: URL, statements: Sequence[Statement]) -> float:
    engine = create_async_engine(database)
    await create_schema(engine)
    await add_merchant(engine, merchant_id="merchant_1", name="The merchant", api_key=API_KEY)
    await engine.dispose()
    url = database.set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await asyncpg.connect(url)
    try:
        started_s = time.perf_counter()
        for statement, parameters in statements:
            await connection.fetch(statement, *parameters)
        return time.perf_counter() - started_s
    finally:
        await connection.close()
