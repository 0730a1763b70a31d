"""The monitor as a program: `python -m scenarios.live.monitor`, configured by `PAYSTORM_MONITOR_…` variables."""

import asyncio
import os
import time
from contextlib import suppress

import httpx
import uvicorn

from scenarios.live.diaries import Diaries
from scenarios.live.monitor.desk import desk
from scenarios.live.monitor.settings import MonitorSettings
from scenarios.live.monitor.sources import PspSource, ServiceSource
from scenarios.live.monitor.switchboard import Switchboard
from scenarios.live.monitor.watch import Watch
from scenarios.live.ports import LOOPBACK

_NICENESS = 10  # whatever is measured goes first
_PATIENCE_S = 10.0


async def monitor(settings: MonitorSettings) -> None:
    """Watch and answer until told to stop."""
    headers = {"authorization": f"Bearer {settings.control_token}"}
    service = ServiceSource(settings.database_url)
    async with httpx.AsyncClient(
        base_url=f"{settings.psp_url}/_chaos", headers=headers, timeout=_PATIENCE_S, trust_env=False
    ) as http:
        watch = Watch(
            diaries=Diaries(settings.diaries),
            service=service,
            psp=PspSource(http),
            switchboard=Switchboard(http, scenario=settings.scenario, diaries=settings.diaries),
            now_us=lambda: time.time_ns() // 1000,
        )
        looking = asyncio.create_task(watch.keep_looking())
        config = uvicorn.Config(
            desk(watch, token=settings.token), host=LOOPBACK, port=settings.port, log_level="warning", access_log=False
        )
        try:
            await uvicorn.Server(config).serve()
        finally:
            looking.cancel()
            with suppress(asyncio.CancelledError):
                await looking
            await service.close()


if __name__ == "__main__":
    os.nice(_NICENESS)
    asyncio.run(monitor(MonitorSettings()))  # type: ignore[call-arg]  # the values come from the environment
