"""Run the PSP: `python -m psp_chaos.main`, with settings from variables that begin with `PSP_`.

This is the only module here that asks the wall clock and the system's randomness.
"""

import asyncio
import secrets
import time
from random import Random
from typing import Annotated

import httpx
import uvicorn
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from psp_chaos.app import create_psp
from psp_chaos.server import AbortableProtocol
from psp_chaos.settings import PspSettings

SHUTDOWN_S = 1  # a request that hangs on purpose must not hold the process


class Environment(PspSettings, BaseSettings):
    """The settings and where to listen, from the environment; sequences are written as JSON."""

    model_config = SettingsConfigDict(env_prefix="PSP_", frozen=True, extra="forbid")

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 8420
    seed: int = 0  # of the faults and delays; identifiers are always new
    log_level: str = "info"


class SystemClock:
    """The wall clock."""

    def now_us(self) -> int:
        """Return microseconds since the Unix epoch, UTC."""
        return time.time_ns() // 1_000


class SystemIds:
    """Identifiers that nobody can guess."""

    def new(self, prefix: str) -> str:
        """Return a new identifier."""
        return f"{prefix}_{secrets.token_hex(12)}"


async def serve(environment: Environment) -> None:
    """Serve until the process is told to stop."""
    # Webhooks go where the merchant said, not through a proxy that the environment happens to name.
    async with httpx.AsyncClient(trust_env=False) as http:
        psp = create_psp(
            settings=PspSettings.model_validate(environment.model_dump(include=set(PspSettings.model_fields))),
            clock=SystemClock(),
            ids=SystemIds(),
            random=lambda name: Random(f"{environment.seed}/{name}"),
            http=http,
        )
        config = uvicorn.Config(
            psp.app,
            interface="asgi3",  # uvicorn does not recognise a bound method
            host=environment.host,
            port=environment.port,
            http=AbortableProtocol,
            lifespan="off",
            log_level=environment.log_level,
            timeout_graceful_shutdown=SHUTDOWN_S,
        )
        try:
            await uvicorn.Server(config).serve()
        finally:
            await psp.close()


def main() -> None:
    """Run the PSP."""
    asyncio.run(serve(Environment()))


if __name__ == "__main__":
    main()
