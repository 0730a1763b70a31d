"""The service, or a worker, with a bug planted in it: `python -m scenarios.live.planted DEFECT service|worker`.

It is put together as `service.main` does it, from the same settings, with the defect's parts in the places of ours; the
product's code knows nothing of it.
"""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from random import SystemRandom

import httpx
import uvicorn

from scenarios.defects import Defect, find_defect
from service.courier import merchant_http
from service.logs import configure_logs
from service.main import server_config
from service.settings import Environment, Settings
from service.system import SystemClock, SystemIds, SystemNames
from service.wiring import Merchants, Service, compose, create_database_engine


@asynccontextmanager
async def planted_service(settings: Settings, defect: Defect) -> AsyncIterator[Service]:
    """Compose the service with the bug on the real world, and close what was opened for it."""
    database = create_database_engine(settings)
    async with httpx.AsyncClient(trust_env=False) as psp_http, merchant_http() as to_merchants:
        try:
            yield compose(
                settings=settings,
                clock=SystemClock(),
                ids=SystemIds(),
                random=SystemRandom(),
                database=database,
                psp_http=psp_http,
                merchants=Merchants(http=to_merchants, resolve=SystemNames().look_up),
                parts=defect.parts,
            )
        finally:
            await database.dispose()


async def serve(settings: Settings, defect: Defect) -> None:
    """Serve until told to stop."""
    async with planted_service(settings, defect) as service:
        await uvicorn.Server(server_config(settings, service.app)).serve()


async def work(settings: Settings, defect: Defect) -> None:
    """Work until told to stop."""
    async with planted_service(settings, defect) as service:
        working = asyncio.create_task(service.worker.run())
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, service.worker.stop, working)
        with suppress(asyncio.CancelledError):
            await working


PROGRAMS = {"service": serve, "worker": work}

if __name__ == "__main__":
    settings = Environment()  # type: ignore[call-arg]  # the values come from the environment
    configure_logs(settings.log_format)
    _, name, kind = sys.argv
    asyncio.run(PROGRAMS[kind](settings, find_defect(name)))
