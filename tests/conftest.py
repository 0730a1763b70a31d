"""What every test may use: one real PostgreSQL per session, one empty database per test."""

import itertools
from collections.abc import Iterator

import pytest

from scenarios.database import DatabaseServer, database_server
from scenarios.embedded_postgres import EmbeddedPostgres, cluster_template
from scenarios.virtual.stage import Stage

_numbers = itertools.count(1)


@pytest.fixture(scope="session", autouse=True)
def template() -> Iterator[None]:
    """Spare every server of these tests, and of the programs that they start, making a cluster of its own."""
    with cluster_template():
        yield


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


@pytest.fixture(scope="session")
def runs_server(postgres: EmbeddedPostgres) -> Iterator[DatabaseServer]:
    """The running server, as runs use it."""
    with database_server(postgres.url()) as server:
        yield server


@pytest.fixture(scope="session")
def stage(runs_server: DatabaseServer) -> Iterator[Stage]:
    """A stage for whole runs, one for all tests: what was performed on it before leaves nothing behind."""
    with Stage(runs_server) as stage:
        yield stage
