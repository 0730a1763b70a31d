"""What runs where, and whether it answers."""

import asyncio
import os
from collections.abc import Awaitable
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum

import httpx

from scenarios.live.children import Child
from scenarios.live.playground.playground import Playground
from scenarios.live.ports import LOOPBACK

_CONNECT_TIMEOUT_S = 1.0
_TASKS = {
    "psp": "the payment provider, which misbehaves on request",
    "service": "the payment service",
    "worker": "finishes what was left, and asks about what is unknown",
    "locust": "customers by the dozen, started on its page",
    "monitor": "watches the money for the tab on Locust's page",
}


class State(StrEnum):
    """How a process is doing."""

    ANSWERS = "answers"
    RUNS = "runs"  # and has no address to be asked at
    SILENT = "does not answer"  # not yet, or too slowly
    ENDED = "has ended"


@dataclass(frozen=True, kw_only=True, slots=True)
class Station:
    """One process, as the page shows it."""

    name: str
    task: str  # what it is for
    address: str | None  # None: nobody calls it
    pid: int | None  # None: it is not ours to know
    state: State

    @property
    def is_well(self) -> bool:
        """Tell whether it is as it should be."""
        return self.state in (State.ANSWERS, State.RUNS)


async def find_stations(playground: Playground, http: httpx.AsyncClient) -> tuple[Station, ...]:
    """Ask every process how it is doing, all of them at once."""
    children = playground.system.children.all
    stations = await asyncio.gather(*(_station(child, playground, http) for child in children))
    return (*stations, await _database(playground, http), _page(playground))


async def _station(child: Child, playground: Playground, http: httpx.AsyncClient) -> Station:
    kind, addresses = child.name.partition("-")[0], playground.system.addresses
    address: str | None = None
    state = State.RUNS
    match kind:
        case "psp":
            address = addresses.psp_url
            state = await _state(_answers(http, f"{address}/_chaos/health"))
        case "service":
            address = addresses.service_url
            state = await _state(_answers(http, f"{address}/healthz"))
        case "locust" if playground.load_port is not None:
            address = playground.load_url
            state = await _state(_listens(playground.load_port))
    return Station(
        name=child.name,
        task=_TASKS.get(kind, ""),
        address=address,
        pid=child.process.pid,
        state=state if child.is_running else State.ENDED,
    )


async def _database(playground: Playground, http: httpx.AsyncClient) -> Station:
    state = await _state(_answers(http, f"{playground.system.addresses.service_url}/readyz"))
    return Station(
        name="PostgreSQL",
        task=f"the books, on version {playground.system.postgresql}",
        address=None,
        pid=None,
        state=state,
    )


def _page(playground: Playground) -> Station:
    return Station(
        name="paystorm serve",
        task="this page; looks after the others and ends them",
        address=playground.url,
        pid=os.getpid(),
        state=State.ANSWERS,
    )


async def _state(answer: Awaitable[bool]) -> State:
    return State.ANSWERS if await answer else State.SILENT


async def _answers(http: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await http.get(url)).is_success
    except httpx.HTTPError:
        return False


async def _listens(port: int) -> bool:
    """Tell whether somebody takes connections; asking Locust for its page would cost it more than a customer."""
    try:
        async with asyncio.timeout(_CONNECT_TIMEOUT_S):
            _, writer = await asyncio.open_connection(LOOPBACK, port)
    except OSError:
        return False
    with closing(writer):
        return True
