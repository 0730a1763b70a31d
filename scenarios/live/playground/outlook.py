"""Everything that one look at the page shows."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import httpx
from starlette.concurrency import run_in_threadpool

from scenarios.errors import InfrastructureFailed
from scenarios.live.playground.playground import Playground
from scenarios.live.playground.shop import Followed, Shop
from scenarios.live.playground.stations import Station, find_stations
from scenarios.live.playground.tally import Tally, take_tally
from scenarios.live.playground.weather import Weather, look


@dataclass(frozen=True, kw_only=True, slots=True)
class Outlook:
    """How everything is; None is what nobody could be asked about."""

    stations: Sequence[Station]
    payments: Sequence[Followed] | None
    tally: Tally | None
    weather: Weather | None


async def look_around(playground: Playground, *, shop: Shop, http: httpx.AsyncClient) -> Outlook:
    """Ask everybody, all at once."""
    stations, payments, tally, weather = await asyncio.gather(
        find_stations(playground, http), _payments(shop), _tally(playground, http), _weather(playground)
    )
    return Outlook(stations=stations, payments=payments, tally=tally, weather=weather)


async def _payments(shop: Shop) -> Sequence[Followed] | None:
    try:
        return await shop.latest()
    except httpx.HTTPError:
        return None


async def _tally(playground: Playground, http: httpx.AsyncClient) -> Tally | None:
    try:
        return await take_tally(f"{playground.system.addresses.service_url}/metrics", http)
    except httpx.HTTPError:
        return None


async def _weather(playground: Playground) -> Weather | None:
    try:
        return await run_in_threadpool(look, playground.system.control)
    except InfrastructureFailed:
        return None
