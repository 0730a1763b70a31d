"""Runs a scenario in virtual time and records it: prepare the database, let the storm pass, read everybody's books."""

import asyncio
import time
from collections.abc import Mapping

from sqlalchemy import text
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import create_async_engine

from psp_chaos.export import export_books as export_psp_books
from scenarios.database import DatabaseServer
from scenarios.defects import Defect, find_defect
from scenarios.interrupts import first_interrupt_handled_by
from scenarios.progress import Listener
from scenarios.recording import Recording, Rows
from scenarios.spec import Scenario
from scenarios.virtual.storm import API_KEY, EPOCH_US, Storm
from scenarios.virtual.units import NS_PER_US, to_ns
from service.export import export_books as export_service_books
from service.wiring import add_merchant, create_schema


def run_virtually(
    scenario: Scenario,
    *,
    seed: int,
    server: DatabaseServer,
    command: str,
    listener: Listener,
) -> Recording:
    """Run a scenario and return what everybody wrote down.

    Ctrl-C ends the run early; what was recorded until then is returned, and the judge is told.

    Args:
        scenario: What shall happen.
        seed: Decides everything that chance decides.
        server: Where the run's own database is created, and dropped.
        command: What a person types to have this run again.
        listener: Is told how far the run is.

    Raises:
        BadInput: The scenario plants a defect that does not exist.
        Escaped: A program of ours tried to leave the simulated world.
    """
    started_s = time.monotonic()
    defect = None if scenario.defect is None else find_defect(scenario.defect)
    with server.new_database() as database:
        asyncio.run(_prepare(database, defect))
        storm = Storm(scenario, seed=seed, database=database, listener=listener, defect=defect)
        with storm.world:
            is_complete = _run(storm)
        service_books = asyncio.run(_read_service_books(database))
    ended_at_us = storm.world.clock.now_us()
    return Recording(
        scenario=scenario,
        seed=seed,
        mode="virtual",
        command=command,
        postgresql=server.version,
        started_at_us=EPOCH_US,
        storm_ended_at_us=min(ended_at_us, EPOCH_US + to_ns(scenario.storm_s) // NS_PER_US),
        ended_at_us=ended_at_us,
        is_complete=is_complete,
        diary=storm.diary.rows,
        service=service_books,
        psp=export_psp_books(storm.psp),
        faults=storm.bites,
        counts=storm.counts,
        wall_s=time.monotonic() - started_s,
    )


def _run(storm: Storm) -> bool:
    """Let storm and calm pass; tell whether they passed to their end."""
    try:
        with first_interrupt_handled_by(storm.world.interrupt):
            storm.run()
    except KeyboardInterrupt:
        return False
    return True


async def _prepare(database: URL, defect: Defect | None) -> None:
    engine = create_async_engine(database)
    await create_schema(engine)
    await add_merchant(engine, merchant_id="merchant_1", name="The merchant", api_key=API_KEY)
    async with engine.begin() as connection:
        for statement in defect.alterations if defect else ():
            await connection.execute(text(statement))
    await engine.dispose()


async def _read_service_books(database: URL) -> Mapping[str, Rows]:
    engine = create_async_engine(database)
    try:
        return await export_service_books(engine)
    finally:
        await engine.dispose()
