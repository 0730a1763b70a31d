"""An empty database becomes the service's: the schema, and its merchants.

As a program, `python -m scenarios.live.preparation` does this for a database named by PAYSTORM_DATABASE_URL and the
merchant's key in PAYSTORM_LOAD_API_KEY; doing it again changes nothing.
"""

import asyncio
import os
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from scenarios.guests import merchant_id
from service.authentication import key_hash
from service.migrations import migrate
from service.store.tables import api_keys
from service.wiring import add_merchant


async def prepare(database_url: str, *, api_keys: Sequence[str], schema_changes: Sequence[str] = ()) -> None:
    """Create what is missing: the schema, changed as a defect wants it, and a merchant for each key."""
    database = create_async_engine(database_url, poolclass=NullPool)
    try:
        await migrate(database)
        for number, api_key in enumerate(api_keys, start=1):
            if not await _is_known(database, api_key=api_key):
                name = f"The shop of the load test, {number}"
                await add_merchant(database, merchant_id=merchant_id(number), name=name, api_key=api_key)
        for statement in schema_changes:
            await _execute(database, statement)
    finally:
        await database.dispose()


async def _execute(database: AsyncEngine, script: str) -> None:
    # By the driver itself, which sends several statements in one round trip when none has parameters.
    async with database.connect() as connection:
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver is not None, "it has just been connected"
        await driver.execute(script)


async def _is_known(database: AsyncEngine, *, api_key: str) -> bool:
    async with database.connect() as connection:
        query = select(api_keys.c.id).where(api_keys.c.key_sha256 == key_hash(api_key))
        return await connection.scalar(query) is not None


if __name__ == "__main__":
    asyncio.run(prepare(os.environ["PAYSTORM_DATABASE_URL"], api_keys=[os.environ["PAYSTORM_LOAD_API_KEY"]]))
