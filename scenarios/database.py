"""Where runs keep their books: an embedded server, or one that the user names.

Whatever a run writes goes into a database of its own that is created for it and dropped after it. On a server that is
not ours nothing else is touched.
"""

import asyncio
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import asyncpg
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from scenarios.embedded_postgres import SIMULATED, EmbeddedPostgres, Profile
from scenarios.errors import BadInput, PostgresUnavailable

_CONNECT_TIMEOUT_S = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class DatabaseServer:
    """A PostgreSQL server on which we may create databases."""

    url: URL  # of a database to connect to for administration
    version: str  # as the server tells it
    embedded: EmbeddedPostgres | None = None  # the server, where it is ours to kill

    @contextmanager
    def new_database(self, *, template: str = "template1") -> Iterator[URL]:
        """Create a database and drop it at the end."""
        name = f"paystorm_{secrets.token_hex(6)}"
        self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        try:
            yield self.url.set(database=name)
        finally:
            self._execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _execute(self, statement: str) -> None:
        asyncio.run(_fetch(self.url, statement))


@contextmanager
def database_server(url: str | None, *, profile: Profile = SIMULATED) -> Iterator[DatabaseServer]:
    """Yield the server behind `url`, or an embedded one that ends with this context.

    Raises:
        BadInput: The URL is not one.
        PostgresUnavailable: The server cannot be reached or started, or does not let us make a database.
    """
    if url is not None:
        yield _reach(parse_url(url))
        return
    with EmbeddedPostgres.start(profile) as server:
        yield replace(_reach(make_url(server.url())), embedded=server)


def parse_url(url: str) -> URL:
    """Return the URL of a PostgreSQL database, with the driver that we use.

    Raises:
        BadInput: It is none.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # the latter for a port that is no number
        raise BadInput("--database-url is not a URL; expected postgresql://user:password@host:port/database") from None
    if parsed.get_backend_name() != "postgresql":
        raise BadInput(f"--database-url names {parsed.get_backend_name()}; only postgresql works here")
    return parsed.set(drivername="postgresql+asyncpg")


def _reach(url: URL) -> DatabaseServer:
    version = asyncio.run(_fetch(url, "SHOW server_version"))
    return DatabaseServer(url=url, version=str(version))


async def _fetch(url: URL, statement: str) -> object:
    # The message of an unreachable server may repeat the address, never the password.
    where = url.render_as_string(hide_password=True)
    try:
        connection = await asyncpg.connect(
            url.set(drivername="postgresql").render_as_string(hide_password=False), timeout=_CONNECT_TIMEOUT_S
        )
    except (OSError, asyncpg.PostgresError, TimeoutError) as error:
        raise PostgresUnavailable(f"no PostgreSQL at {where}: {error}") from None
    try:
        return await connection.fetchval(statement)
    except asyncpg.PostgresError as error:
        raise PostgresUnavailable(f"PostgreSQL at {where} refuses: {error}") from None
    finally:
        await connection.close()
