"""The connection pool."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import QueuePool


@dataclass(frozen=True, kw_only=True, slots=True)
class PoolUse:
    """How many connections there may be, and how many are in use."""

    size: int
    in_use: int


def pool_use(database: AsyncEngine) -> PoolUse:
    """Return how busy a pool is."""
    pool = database.pool
    assert isinstance(pool, QueuePool)
    return PoolUse(size=pool.size(), in_use=pool.checkedout())


def create_database_engine(
    *, url: str, pool_size: int, lock_timeout_s: float, pool_timeout_s: float = 30
) -> AsyncEngine:
    """Return a pool whose sessions wait at most so long for a lock, and requests for a session.

    READ COMMITTED is what the statements are written for, so a server that defaults to something else is overruled.
    """
    return create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=pool_timeout_s,
        pool_use_lifo=True,  # the connection used last has the most statements prepared
        connect_args={
            "server_settings": {
                "application_name": "paystorm-service",
                "default_transaction_isolation": "read committed",
                "lock_timeout": f"{round(lock_timeout_s * 1000)}ms",
            }
        },
    )
