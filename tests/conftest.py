"""What every test may use: one real PostgreSQL per session, one empty database per test."""

import itertools
from collections.abc import Iterator

import pytest

from scenarios.embedded_postgres import EmbeddedPostgres

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """A running server, as the simulations use it."""
    with EmbeddedPostgres.start() as server:
        yield server


@pytest.fixture
def empty_database(postgres: EmbeddedPostgres) -> Iterator[str]:
    """The URL of a database that nobody else uses."""
    name = f"test_{next(_numbers)}"
    postgres.create_database(name)
    yield postgres.url(name)
    postgres.drop_database(name)
