"""The database of a service, as the commands that administer it reach it."""

import asyncio
from collections.abc import Awaitable, Callable

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from scenarios.database import parse_url
from scenarios.errors import InfrastructureFailed, PostgresUnavailable
from service.store import create_database_engine

_LOCK_TIMEOUT_S = 5.0  # a command that waits for a lock makes everybody else wait behind it


def with_database[Result](url: str, work: Callable[[AsyncEngine], Awaitable[Result]]) -> Result:
    """Do something with a service's database.

    Raises:
        BadInput: The URL is not one.
        PostgresUnavailable: The server cannot be reached.
        InfrastructureFailed: The server refused what was asked.
    """
    return asyncio.run(_done(url, work))


async def _done[Result](url: str, work: Callable[[AsyncEngine], Awaitable[Result]]) -> Result:
    parsed = parse_url(url)
    where = parsed.render_as_string(hide_password=True)
    database = create_database_engine(
        url=parsed.render_as_string(hide_password=False), pool_size=1, lock_timeout_s=_LOCK_TIMEOUT_S
    )
    try:
        return await work(database)
    except (OSError, TimeoutError) as error:
        raise PostgresUnavailable(f"no PostgreSQL at {where}: {error}") from None
    except DBAPIError as error:
        raise InfrastructureFailed(f"PostgreSQL at {where} refused: {error.orig}") from None
    finally:
        await database.dispose()
