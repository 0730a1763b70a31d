"""What every test may use: one real PostgreSQL per session, one empty database per test."""

import gc
import itertools
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from scenarios.database import DatabaseServer, database_server
from scenarios.embedded_postgres import EmbeddedPostgres, cluster_template
from scenarios.virtual.stage import Stage

_numbers = itertools.count(1)
_MEMORY = Path("/dev/shm")
_ROOM = 4 << 30  # bytes; each session has a few servers of some hundred megabytes


def pytest_configure() -> None:
    """Make signals what they are at a terminal, and keep servers in memory."""
    # Under `nohup`, and in the background of a script, every process of these tests would ignore one of them.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    _keep_servers_in_memory()


def _keep_servers_in_memory() -> None:
    """Keep them there if there is plenty and nobody has said otherwise.

    A database of its own for each test is three hundred files that are made and deleted; ext4 then looks ever longer
    for an inode that was not in use a moment ago, and that alone was a quarter of the time of all tests.
    """
    if "TMPDIR" not in os.environ and _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", tempfile.gettempdir())  # what a test writes stays where it was
        os.environ["TMPDIR"] = tempfile.tempdir = str(_MEMORY)


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
def only_stage(runs_server: DatabaseServer) -> Iterator[Stage]:
    """The stage of all tests: what was performed on it before leaves nothing behind."""
    with Stage(runs_server) as stage:
        yield stage


@pytest.fixture(scope="module")
def stage(only_stage: Stage) -> Stage:
    """A stage for whole runs, whose collector of garbage need not look at what other tests have left."""
    gc.collect()
    gc.freeze()
    return only_stage
