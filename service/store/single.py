"""Single statements, each a transaction of its own in autocommit mode: one round trip instead of three."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from sqlalchemy import Executable
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.util import greenlet_spawn

from service.store.errors import translated
from service.store.rows import Row

_NO_PARAMETERS: Mapping[str, object] = MappingProxyType({})


class Singles:
    """Runs them on connections of the pool.

    `AsyncConnection` would enter SQLAlchemy three times for each, to connect, to execute and to close, and close in a
    task of its own. Here all of it is one visit, at three quarters of the price.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        """Take the pool."""
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT").sync_engine

    async def rows(self, statement: Executable, parameters: Mapping[str, object] = _NO_PARAMETERS) -> Sequence[Row]:
        """Return all rows of a statement."""
        with translated():
            return await greenlet_spawn(self._rows, statement, parameters)

    async def row(self, statement: Executable, parameters: Mapping[str, object]) -> Row | None:
        """Return the row of a statement that has one at most."""
        found = await self.rows(statement, parameters)
        assert len(found) <= 1, f"{len(found)} rows instead of one"
        return found[0] if found else None

    async def execute(self, statement: Executable, parameters: Mapping[str, object]) -> None:
        """Run a statement that returns nothing."""
        with translated():
            await greenlet_spawn(self._execute, statement, parameters)

    async def count(self, statement: Executable, parameters: Mapping[str, object]) -> int:
        """Run a statement that changes rows, and return how many."""
        with translated():
            return await greenlet_spawn(self._count, statement, parameters)

    def _rows(self, statement: Executable, parameters: Mapping[str, object]) -> Sequence[Row]:
        with self._engine.connect() as connection:
            return connection.execute(statement, parameters).mappings().all()

    def _execute(self, statement: Executable, parameters: Mapping[str, object]) -> None:
        with self._engine.connect() as connection:
            connection.execute(statement, parameters)

    def _count(self, statement: Executable, parameters: Mapping[str, object]) -> int:
        with self._engine.connect() as connection:
            return connection.execute(statement, parameters).rowcount
