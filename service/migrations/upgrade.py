"""Bring a database to a revision: all or nothing, in one transaction, one migration at a time.

A database of the first release has the tables and no mark of a revision, because that release made its schema without
Alembic. It is recognised by that and marked before anything else is done.
"""

from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncEngine

_FIRST_RELEASE = "0001"
_LOCK = 0x7061_7973  # any number that nobody else in this database uses for an advisory lock


@dataclass(frozen=True, kw_only=True, slots=True)
class Migrated:
    """Where a migration began and ended; equal if there was nothing to do."""

    before: str | None  # None: there was no schema at all
    after: str


async def migrate(database: AsyncEngine, *, revision: str = "head") -> Migrated:
    """Upgrade to a revision; whoever migrates at the same time waits, and then finds nothing to do."""
    async with database.begin() as connection:
        await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        return await connection.run_sync(_upgrade, revision)


def _upgrade(connection: Connection, revision: str) -> Migrated:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(__file__).parent))
    before = _revision(connection)
    if before is None and inspect(connection).has_table("payments"):
        command.stamp(config, _FIRST_RELEASE)
        before = _FIRST_RELEASE
    command.upgrade(config, revision)
    after = _revision(connection)
    assert after is not None, "every upgrade leaves its mark"
    return Migrated(before=before, after=after)


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()
