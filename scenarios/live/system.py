"""The system under test as real processes: the service, its workers, the PSP, and a database of their own."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from sqlalchemy.engine import URL

from scenarios.database import DatabaseServer, database_server
from scenarios.defects import find_defect
from scenarios.embedded_postgres import KILLABLE
from scenarios.errors import InfrastructureFailed
from scenarios.interrupts import ignore_interrupts, interrupts_restored
from scenarios.live.addresses import Addresses
from scenarios.live.children import Child, Children
from scenarios.live.credentials import Credentials
from scenarios.live.guardian import Guardian
from scenarios.live.launches import DIRECTLY, Detours, Launches
from scenarios.live.machines import Launch, Machines
from scenarios.live.preparation import prepare
from scenarios.live.psp_control import PspControl
from scenarios.spec import Scenario

__all__ = ["Addresses", "LiveSystem", "StartingSystem", "live_system", "starting_system"]

_START_TIMEOUT_S = 60.0  # imports alone take seconds on a busy machine
_POLL_S = 0.05


@dataclass(frozen=True, kw_only=True, slots=True)
class LiveSystem:
    """A system that is up and answers."""

    addresses: Addresses
    credentials: Credentials
    children: Children
    control: PspControl
    database: URL
    server: DatabaseServer
    machines: Machines

    @property
    def postgresql(self) -> str:
        """The version of the database server."""
        return self.server.version


@contextmanager
def live_system(
    scenario: Scenario,
    *,
    seed: int,
    addresses: Addresses,
    logs: Path,
    database_url: str | None,
) -> Iterator[LiveSystem]:
    """Yield the system under the scenario's conditions, without its faults; at the end nothing of it is left.

    Raises:
        PostgresUnavailable: No database server could be found, started or reached.
        InfrastructureFailed: A process did not come up; the message names it and ends with its last words.
    """
    with (
        interrupts_restored(),
        database_server(database_url, profile=KILLABLE) as server,
        starting_system(scenario, addresses=addresses, logs=logs, server=server, seed=seed) as starting,
    ):
        asyncio.run(starting.start())
        yield starting.system


@dataclass(frozen=True, kw_only=True, slots=True)
class StartingSystem:
    """A system that has its database and its secrets, and is to be started."""

    system: LiveSystem
    psp: Launch
    schema_changes: tuple[str, ...]  # that a defect wants

    async def start(self) -> None:
        """Start every process, and return when all of them answer.

        Raises:
            InfrastructureFailed: One did not come up; the message names it and ends with its last words.
        """
        system = self.system
        url = system.database.render_as_string(hide_password=False)
        await prepare(url, api_keys=system.credentials.api_keys, schema_changes=self.schema_changes)
        psp = system.children.start(self.psp.program, self.psp.module, environment=self.psp.environment)
        awaited = {f"{system.addresses.psp_url}/_chaos/health": psp, **system.machines.start()}
        deadline = time.monotonic() + _START_TIMEOUT_S
        for url, child in awaited.items():
            await _await_answer(child, url, children=system.children, deadline=deadline)


@contextmanager
def starting_system(
    scenario: Scenario,
    *,
    addresses: Addresses,
    logs: Path,
    server: DatabaseServer,
    seed: int,
    detours: Detours = DIRECTLY,
    guardian: Guardian | None = None,
) -> Iterator[StartingSystem]:
    """Yield the system before its processes are started, for whoever has proxies to open first.

    From its end on interrupts are ignored, until the caller restores them.
    """
    credentials = Credentials.new(merchants=scenario.merchants)
    with (
        server.new_database() as database,
        Children(logs=logs) as children,
        PspControl(addresses.psp_url, token=credentials.control_token) as control,
    ):
        launches = Launches(
            scenario=scenario,
            addresses=addresses,
            credentials=credentials,
            database=database,
            detours=detours,
        )
        system = LiveSystem(
            addresses=addresses,
            credentials=credentials,
            children=children,
            control=control,
            database=database,
            server=server,
            machines=Machines(children, launches.machines(), guardian=guardian),
        )
        schema_changes = find_defect(scenario.defect).schema_changes if scenario.defect else ()
        try:
            yield StartingSystem(system=system, psp=launches.psp(seed=seed), schema_changes=schema_changes)
        finally:
            ignore_interrupts()


async def _await_answer(child: Child, url: str, *, children: Children, deadline: float) -> None:
    async with httpx.AsyncClient(timeout=1.0, trust_env=False) as http:
        while not await _answers(http, url):
            children.check()
            if time.monotonic() > deadline:
                raise InfrastructureFailed(
                    f"{child.name} did not answer at {url} within {_START_TIMEOUT_S:g} s: "
                    f"{child.last_words()} (log: {child.log})"
                )
            await asyncio.sleep(_POLL_S)


async def _answers(http: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await http.get(url)).is_success
    except httpx.HTTPError:
        return False
