"""The service as a program: `python -m service.main`, configured by `PAYSTORM_…` variables."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from math import ceil
from random import SystemRandom

import httpx
import uvicorn
from starlette.types import ASGIApp

from service.courier import merchant_http
from service.errors import ExtraMissing
from service.logs import configure_logs
from service.settings import Environment, Settings
from service.system import SystemClock, SystemIds, SystemNames
from service.tracing import traces_sent
from service.wiring import Merchants, Service, compose_watched, create_database_engine


async def serve(settings: Settings, *, composed: Callable[..., Service] = compose_watched) -> None:
    """Serve until told to stop."""
    async with real_service(settings, composed=composed) as service:
        await uvicorn.Server(server_config(settings, service.app)).serve()


def server_config(settings: Settings, app: ASGIApp) -> uvicorn.Config:
    """Return how an app is put on a socket."""
    return uvicorn.Config(
        app,
        host=settings.listen_host,
        port=settings.listen_port,
        log_config=None,
        access_log=False,
        proxy_headers=False,  # who asks is known by a key, never by what a header says of an address
        server_header=False,
        timeout_graceful_shutdown=ceil(settings.shutdown_s),  # for requests and what follows their answers
    )


@asynccontextmanager
async def real_service(
    settings: Settings, *, composed: Callable[..., Service] = compose_watched
) -> AsyncIterator[Service]:
    """Compose the service on the real world, and close what was opened for it; a variant composes it otherwise."""
    with traces_sent(settings.traces_endpoint):
        async with _on_the_real_world(settings, composed) as service:
            yield service


@asynccontextmanager
async def _on_the_real_world(settings: Settings, composed: Callable[..., Service]) -> AsyncIterator[Service]:
    database = create_database_engine(settings)
    # The PSP is where the settings say, not behind a proxy that the environment happens to name.
    async with httpx.AsyncClient(trust_env=False) as psp_http, merchant_http() as to_merchants:
        try:
            yield composed(
                settings=settings,
                clock=SystemClock(),
                ids=SystemIds(),
                random=SystemRandom(),
                database=database,
                psp_http=psp_http,
                merchants=Merchants(http=to_merchants, resolve=SystemNames().look_up),
            )
        finally:
            await database.dispose()


if __name__ == "__main__":
    settings = Environment()  # type: ignore[call-arg]  # the values come from the environment
    configure_logs(settings.log_format)
    try:
        asyncio.run(serve(settings))
    except ExtraMissing as error:
        sys.exit(str(error))
