"""An empty database becomes the service's: the schema, and one merchant.

As a program, `python -m scenarios.live.preparation` does this for a database named by PAYSTORM_DATABASE_URL and the
merchant's key in PAYSTORM_LOAD_API_KEY; doing it again changes nothing.
"""

import asyncio
import os
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from service.authentication import key_hash
from service.migrations import migrate
from service.store.tables import api_keys
from service.wiring import add_merchant

_MERCHANT = "merchant_1"


async def prepare(database_url: str, *, api_key: str, alterations: Sequence[str] = ()) -> None:
    """Create what is missing, and alter the new schema as a planted defect wants it."""
    database = create_async_engine(database_url, poolclass=NullPool)
    try:
        await migrate(database)
        if not await _is_known(database, api_key=api_key):
            await add_merchant(database, merchant_id=_MERCHANT, name="The shop of the load test", api_key=api_key)
        async with database.begin() as connection:
            for alteration in alterations:
                await connection.exec_driver_sql(alteration)
    finally:
        await database.dispose()


async def _is_known(database: AsyncEngine, *, api_key: str) -> bool:
    async with database.connect() as connection:
        query = select(api_keys.c.id).where(api_keys.c.key_sha256 == key_hash(api_key))
        return await connection.scalar(query) is not None


if __name__ == "__main__":
    asyncio.run(prepare(os.environ["PAYSTORM_DATABASE_URL"], api_key=os.environ["PAYSTORM_LOAD_API_KEY"]))
