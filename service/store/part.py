"""What every part of the books does with its connection."""

from typing import Any

from sqlalchemy import Executable
from sqlalchemy.ext.asyncio import AsyncConnection

from service.store import rows


class Part:
    """Statements on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        """Take a connection with an open transaction."""
        self._connection = connection

    async def _row(self, statement: Executable, parameters: dict[str, Any]) -> rows.Row | None:
        result = await self._connection.execute(statement, parameters)
        return result.mappings().one_or_none()

    async def _write(self, statement: Executable, parameters: dict[str, Any]) -> None:
        """Run a statement that must touch exactly one row."""
        result = await self._connection.execute(statement, parameters)
        assert result.rowcount == 1, f"{result.rowcount} rows instead of one"
