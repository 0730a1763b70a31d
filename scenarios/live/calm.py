"""The calm after the load: wait until nothing is left to do, but no longer than was promised."""

import asyncio
import time
from collections.abc import Callable

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from scenarios.live.system import LiveSystem
from service.export import OPEN_WORK

_LOOK_S = 0.25
STILL_S = 1.0  # so long everything must have been at rest: a request that came last may still have to be written down


def await_rest(system: LiveSystem, *, patience_s: float, tell: Callable[[], None]) -> bool:
    """Wait until everything has come to rest; return False if it has not within that patience.

    Raises:
        InfrastructureFailed: A process of the system has ended.
    """
    return asyncio.run(_await_rest(system, patience_s=patience_s, tell=tell))


async def _await_rest(system: LiveSystem, *, patience_s: float, tell: Callable[[], None]) -> bool:
    database = create_async_engine(system.database, poolclass=NullPool)
    try:
        began_s = moved_s = time.monotonic()
        while (now_s := time.monotonic()) - began_s <= patience_s:
            system.children.check()
            tell()
            if not await is_at_rest(system, database):
                moved_s = now_s
            elif now_s - moved_s >= STILL_S:
                return True
            await asyncio.sleep(_LOOK_S)
        return False
    finally:
        await database.dispose()


async def is_at_rest(system: LiveSystem, database: AsyncEngine) -> bool:
    """Tell whether neither the PSP nor the service has anything left to do now."""
    # The PSP is asked first: what it delivers between the two questions is then seen in the database.
    return system.control.is_idle() and not await _has_open_work(database)


async def _has_open_work(database: AsyncEngine) -> bool:
    async with database.connect() as connection:
        return bool(await connection.scalar(text(f"SELECT {OPEN_WORK}")))
