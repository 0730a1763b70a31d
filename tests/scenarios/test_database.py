"""A server that is not ours, and what it may refuse."""

import asyncio

import asyncpg
import pytest

from scenarios.database import database_server
from scenarios.errors import PostgresUnavailable


@pytest.fixture
def poor_role(postgres):
    """A role that may log in and make nothing."""

    async def execute(statement: str) -> None:
        connection = await asyncpg.connect(host=str(postgres.folder), user="postgres", database="postgres")
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    asyncio.run(execute("CREATE ROLE poor LOGIN"))
    yield "poor"
    asyncio.run(execute("DROP ROLE poor"))


def test_a_role_that_may_make_no_database_is_told_so_in_one_line(postgres, poor_role):
    url = f"postgresql://{poor_role}@/postgres?host={postgres.folder}"

    refusal = pytest.raises(PostgresUnavailable, match="refuses: permission denied to create database")
    with database_server(url) as server, refusal, server.new_database():
        pass
