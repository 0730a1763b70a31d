"""Connection pools of the simulated processes, kept from run to run for what SQLAlchemy has worked out by then.

What a pool costs is not its connections, which end with each run, but what it learns: which server it talks to, and the
text of every statement it has compiled. Both are the same in every run of one database.
"""

import asyncio

from sqlalchemy.ext.asyncio import AsyncEngine

from service.settings import Settings
from service.wiring import create_database_engine


class Pools:
    """One pool for each process, by the process's name."""

    def __init__(self, runner: asyncio.Runner) -> None:
        self._runner = runner
        self._pools: dict[tuple[object, ...], AsyncEngine] = {}

    def prepare(self, process: str, settings: Settings) -> None:
        """Let a pool meet its server in real time, so that no run is the first in which it does."""
        key = _key(process, settings)
        if key not in self._pools:
            self._pools[key] = create_database_engine(settings)
            self._runner.run(_meet(self._pools[key]))

    def take(self, process: str, settings: Settings) -> AsyncEngine:
        """Return the process's pool without any connection: those of its former life died with it."""
        pool = self._pools[_key(process, settings)]
        pool.sync_engine.dispose(close=False)
        return pool


def _key(process: str, settings: Settings) -> tuple[object, ...]:
    return process, settings.database_url, settings.pool_size, settings.lock_timeout_s


async def _meet(pool: AsyncEngine) -> None:
    async with pool.connect():
        pass
    await pool.dispose()
