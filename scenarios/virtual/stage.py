"""The stage: what the runs of one operating-system process share, so that thousands of seeds an hour are possible.

    with Stage(server) as stage:
        recording = stage.perform(scenario, seed=7)

A run is a function of (scenario, seed): whatever was performed on a stage before leaves nothing behind that a run could
notice. The database is emptied before each run; rows lie on other pages then, which is why no statement of the service
depends on an order that it does not ask for.
"""

import asyncio
import gc
import logging
import time
from collections.abc import Mapping
from contextlib import ExitStack
from types import MappingProxyType, TracebackType
from typing import Self

from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from psp_chaos.export import export_books as export_psp_books
from reports.records import Json
from scenarios.database import DatabaseServer
from scenarios.defects import Defect, find_defect
from scenarios.interrupts import first_interrupt_handled_by
from scenarios.progress import UNHEARD, Listener
from scenarios.randomness import Tape
from scenarios.recording import Recording, Rows
from scenarios.spec import Scenario
from scenarios.virtual.backends import Backends
from scenarios.virtual.observer import Observer
from scenarios.virtual.pools import Pools
from scenarios.virtual.storm import API_KEY, EPOCH_US, Storm, address_of
from scenarios.virtual.units import NS_PER_US, to_ns
from service.export import OPEN_WORK
from service.export import export_books as export_service_books
from service.store.tables import metadata
from service.wiring import add_merchant, create_schema

_PROGRAMS = ("engine", "service", "psp_chaos")
_UNREAD = logging.NullHandler()  # what a simulated program logs stays on its simulated machine
_RUNS_TO_WARM_UP = 1  # libraries have filled their caches by then
_RUNS_PER_VACUUM = 50  # what was deleted takes up room until then


class Stage:
    """One database server with a database for every variant of the service, used again and again."""

    def __init__(self, server: DatabaseServer) -> None:
        for program in _PROGRAMS:
            logging.getLogger(program).addHandler(_UNREAD)
        self._server = server
        self._theatres: dict[str | None, _Theatre] = {}
        self._performed = 0
        self._closing = ExitStack()
        self._runner = self._closing.enter_context(asyncio.Runner())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Drop the databases."""
        gc.unfreeze()
        self._closing.close()

    def perform(
        self,
        scenario: Scenario,
        *,
        seed: int,
        command: str = "",
        listener: Listener = UNHEARD,
        swarm: Mapping[str, Json] = MappingProxyType({}),
        tape: Tape | None = None,
        keep_timeline: bool = False,
    ) -> Recording:
        """Run a scenario in virtual time and return what everybody wrote down.

        Ctrl-C ends the run early; what was recorded until then is returned, and the judge is told.

        Args:
            scenario: What shall happen.
            seed: Decides everything that chance decides.
            command: What a person types to have this run again.
            listener: Is told how far the run is.
            swarm: What of the scenario the seed drew, for the manifest.
            tape: Records every seeded decision, or makes those that were recorded.
            keep_timeline: Keep the timeline's lines, to find the first difference between two runs.

        Raises:
            BadInput: The scenario plants a defect that does not exist.
            Escaped: A program of ours tried to leave the simulated world.
            OtherChoice: The run does not fit its tape.
        """
        started_s = time.monotonic()
        self._settle_memory()
        defect = None if scenario.defect is None else find_defect(scenario.defect)
        theatre = self._theatre(defect)
        storm = Storm(
            scenario,
            seed=seed,
            database=theatre.clean(),
            listener=listener,
            pools=theatre.pools,
            backends=theatre.backends,
            has_open_work=theatre.has_open_work,
            defect=defect,
            tape=tape,
            keep_timeline=keep_timeline,
        )
        with storm.world:
            is_complete = _run(storm)
        ended_at_us = storm.world.clock.now_us()
        return Recording(
            scenario=scenario,
            seed=seed,
            mode="virtual",
            command=command,
            postgresql=self._server.version,
            started_at_us=EPOCH_US,
            storm_ended_at_us=min(ended_at_us, EPOCH_US + to_ns(scenario.storm_s) // NS_PER_US),
            ended_at_us=ended_at_us,
            is_complete=is_complete,
            swarm=swarm,
            timeline=storm.world.timeline.digest,
            timeline_lines=storm.world.timeline.lines,
            diary=storm.diary.rows,
            service=theatre.books(),
            psp=export_psp_books(storm.psp),
            faults=storm.bites,
            counts=storm.counts,
            wall_s=time.monotonic() - started_s,
        )

    def _settle_memory(self) -> None:
        """Let the garbage collector look at what a run makes, and no more at what was there before any run."""
        if self._performed <= _RUNS_TO_WARM_UP:
            gc.collect()
            gc.freeze()
        self._performed += 1

    def _theatre(self, defect: Defect | None) -> "_Theatre":
        """Return the database for this variant; a defect may have a schema of its own."""
        name = defect.id if defect else None
        if name not in self._theatres:
            url = self._closing.enter_context(self._server.new_database())
            theatre = _Theatre(url, runner=self._runner)
            self._closing.callback(theatre.close)
            theatre.build(defect)
            self._theatres[name] = theatre
        return self._theatres[name]


class _Theatre:
    """One database, emptied before each run."""

    def __init__(self, url: URL, *, runner: asyncio.Runner) -> None:
        self._url = url
        self._runner = runner
        self._engine = create_async_engine(url, isolation_level="AUTOCOMMIT")
        self.pools = Pools(runner)
        self.backends = Backends(address_of(url), password=url.password)
        self._observer = Observer(self.backends.address, database=url)
        self._runs = 0

    def build(self, defect: Defect | None) -> None:
        """Create the tables and the one merchant."""
        self._runner.run(_build(self._engine, defect.alterations if defect else ()))

    def clean(self) -> URL:
        """Empty the tables and return the database's address."""
        if self._runs:
            self._runner.run(_execute(self._engine, _EMPTY))
        if self._runs % _RUNS_PER_VACUUM == _RUNS_PER_VACUUM - 1:
            self._runner.run(_execute(self._engine, "VACUUM"))
        self._runs += 1
        return self._url

    def books(self) -> Mapping[str, Rows]:
        """Return what the service has written."""
        return self._runner.run(export_service_books(self._engine))

    def has_open_work(self) -> bool:
        """Tell whether anything is left to do; may be asked while a run is under way."""
        return self._observer.is_true(OPEN_WORK)

    def close(self) -> None:
        """Close the connections."""
        self._observer.close()
        self.backends.close()
        self._runner.run(self._engine.dispose())


def _run(storm: Storm) -> bool:
    """Let storm and calm pass; tell whether they passed to their end."""
    try:
        with first_interrupt_handled_by(storm.world.interrupt):
            storm.run()
    except KeyboardInterrupt:
        return False
    return True


_EMPTIED = tuple(table.name for table in reversed(metadata.sorted_tables) if table.name != "merchants")
_EMPTY = "; ".join(f"DELETE FROM {name}" for name in _EMPTIED)  # noqa: S608 - the names are ours


async def _build(engine: AsyncEngine, alterations: tuple[str, ...]) -> None:
    await create_schema(engine)
    await add_merchant(engine, merchant_id="merchant_1", name="The merchant", api_key=API_KEY)
    for statement in alterations:
        await _execute(engine, statement)


async def _execute(engine: AsyncEngine, script: str) -> None:
    # By the driver itself, which sends several statements in one round trip when none has parameters.
    async with engine.connect() as connection:
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver is not None
        await driver.execute(script)
