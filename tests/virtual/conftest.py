"""Worlds for tests, on the session's PostgreSQL, each closed when its test is over."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy.engine import make_url

from scenarios.database import database_server
from scenarios.embedded_postgres import EmbeddedPostgres
from scenarios.virtual.stage import Stage
from scenarios.virtual.world import World

type NewWorld = Callable[..., World]

EPOCH_US = 1_767_225_600_000_000


@pytest.fixture(scope="module")
def stage(postgres: EmbeddedPostgres) -> Iterator[Stage]:
    """A stage for whole runs, one for all tests of a file."""
    with database_server(postgres.url()) as server, Stage(server) as stage:
        yield stage


@pytest.fixture
def new_world(postgres: EmbeddedPostgres) -> Iterator[NewWorld]:
    """Make worlds: `new_world(seed=3)`."""
    worlds: list[World] = []

    def make(*, seed: int = 1, **options: Any) -> World:
        worlds.append(World(seed=seed, epoch_us=EPOCH_US, postgres=postgres.socket_path, **options))
        return worlds[-1]

    yield make
    for world in worlds:
        world.close()


@pytest.fixture
def login(empty_database: str) -> dict[str, Any]:
    """What asyncpg.connect needs to reach the test's database."""
    url = make_url(empty_database)
    return {"host": url.query["host"], "user": url.username, "database": url.database}
