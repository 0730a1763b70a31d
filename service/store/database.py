"""The connection pool."""

from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine


def create_database_engine(*, url: str, pool_size: int, lock_timeout_s: float) -> AsyncEngine:
    """Return a pool whose sessions wait at most so long for a lock.

    READ COMMITTED is what the statements are written for, so a server that defaults to something else is overruled.
    """
    return create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_use_lifo=True,  # the connection used last has the most statements prepared
        connect_args={
            "server_settings": {
                "application_name": "paystorm-service",
                "default_transaction_isolation": "read committed",
                "lock_timeout": f"{round(lock_timeout_s * 1000)}ms",
            }
        },
    )
