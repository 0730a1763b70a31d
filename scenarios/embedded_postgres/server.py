"""One PostgreSQL server as a child process.

The child is `postgres` itself, so there is no wrapper that could outlive us. It is started from the main thread,
because the kernel ties a child's death signal to the thread that forked it. Everything it writes lives in one temporary
folder that a lock file marks as ours; folders whose owner was killed are swept away by the next start.
"""

import asyncio
import fcntl
import os
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import IO, Self

import asyncpg

from scenarios.embedded_postgres.binaries import find_binaries
from scenarios.embedded_postgres.family import kill_family
from scenarios.embedded_postgres.privileges import Privileges, choose_privileges
from scenarios.embedded_postgres.profiles import SIMULATED, Profile
from scenarios.errors import PostgresUnavailable
from scenarios.parenthood import dies_with_parent

_FOLDER_PREFIX = "paystorm-pg-"
_LOCK = "owner.lock"
_SOCKET_PATH_BYTES_MAX = 107  # sockaddr_un.sun_path, unix(7)
_START_TIMEOUT_S = 30
_STOP_TIMEOUT_S = 10
_POLL_S = 0.005
_SWEEP_AGE_S = 60  # a younger folder may be one that its owner has not locked yet
_STATUS_LINE = 7  # postmaster.pid, line 8: "starting", "ready", "stopping"
_PORT = 5432  # only names the socket file: no port is opened
_TEMPLATE = "PAYSTORM_POSTGRES_TEMPLATE"  # names the data folder to begin with

type Launch = Callable[[], subprocess.Popen[bytes]]
"""Starts `postgres` on its data folder."""


class EmbeddedPostgres:
    """A running server; use as a context manager or call `stop`."""

    def __init__(self, *, folder: Path, lock: IO[bytes], launch: Launch) -> None:
        """Start a server on the cluster in this folder; the lock says that the folder is in use."""
        self.folder = folder
        self.process = launch()
        self._launch = launch
        self._lock = lock

    @classmethod
    def start(cls, profile: Profile = SIMULATED) -> Self:
        """Create a cluster in a new temporary folder, start it and return when it accepts connections.

        Raises:
            PostgresUnavailable: No programs were found, or the server did not start; the message ends with its log.
        """
        binaries, privileges = find_binaries(), choose_privileges()
        _sweep_abandoned_folders(privileges)
        folder, lock = _claim_folder(privileges)
        server = None
        try:
            _create_cluster(binaries, folder, privileges)
            launch = partial(_launch, binaries, folder, profile, privileges)
            server = cls(folder=folder, lock=lock, launch=launch)
            _wait_until_ready(server)
        except BaseException:  # Ctrl-C too must leave neither a server nor a folder; it is raised again
            if server is not None:
                server.process.kill()
                server.process.wait()
            lock.close()
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return server

    @property
    def socket_path(self) -> str:
        """The unix socket that clients connect to."""
        return str(self.folder / f".s.PGSQL.{_PORT}")

    def url(self, database: str = "postgres") -> str:
        """Return SQLAlchemy's URL of a database on this server."""
        return f"postgresql+asyncpg://postgres@/{database}?host={self.folder}"

    def create_database(self, name: str, *, template: str = "template1") -> None:
        """Create a database, as a copy of the files of `template` (which nobody may be using)."""
        self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy')

    def drop_database(self, name: str) -> None:
        """Drop a database, ending the sessions that still use it."""
        self._execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    @property
    def is_ready(self) -> bool:
        """Whether the server accepts connections.

        Raises:
            PostgresUnavailable: It has ended, though nobody killed it; the message ends with its log.
        """
        if self.process.poll() is not None:
            raise PostgresUnavailable(
                f"PostgreSQL ended at once: {_last_line((self.folder / 'server.log').read_text())}"
            )
        return _is_ready(self.folder / "data" / "postmaster.pid", self.process.pid)

    def kill(self) -> None:
        """Kill the server and all its backends, as when the machine loses its power, and return when they are gone."""
        kill_family(self.process.pid)
        self.process.wait()

    def start_again(self) -> None:
        """Start a server that was killed on its data, at the same address; it recovers, and then `is_ready`."""
        assert self.process.returncode is not None, "the server is running"
        self.process = self._launch()

    def stop(self) -> None:
        """Stop the server and remove its folder; calling it again does nothing."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(_STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._lock.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _execute(self, statement: str) -> None:
        asyncio.run(_execute(str(self.folder), statement))


async def _execute(host: str, statement: str) -> None:
    connection = await asyncpg.connect(host=host, port=_PORT, user="postgres", database="postgres")
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def _claim_folder(privileges: Privileges) -> tuple[Path, IO[bytes]]:
    folder = Path(tempfile.mkdtemp(prefix=_FOLDER_PREFIX))
    if len(bytes(folder / f".s.PGSQL.{_PORT}")) > _SOCKET_PATH_BYTES_MAX:
        folder.rmdir()
        raise PostgresUnavailable(
            f"the temporary folder's path is too long for a unix socket: {folder}; set TMPDIR to a shorter one"
        )
    lock = (folder / _LOCK).open("wb")
    fcntl.flock(lock, fcntl.LOCK_EX)
    if privileges.owner is not None:
        os.chown(folder, *privileges.owner)
    return folder, lock


def _sweep_abandoned_folders(privileges: Privileges) -> None:
    ours = {os.geteuid()} | ({privileges.owner[0]} if privileges.owner is not None else set())
    for folder in Path(tempfile.gettempdir()).glob(f"{_FOLDER_PREFIX}*"):
        with suppress(OSError):  # somebody lives there, or has just removed it
            status = folder.lstat()  # where everybody may write, the name may be somebody's link
            is_old = time.time() - status.st_mtime >= _SWEEP_AGE_S
            if is_old and stat.S_ISDIR(status.st_mode) and status.st_uid in ours:
                _remove_unless_inhabited(folder)


def _remove_unless_inhabited(folder: Path) -> None:
    """Remove a folder of ours.

    Raises:
        OSError: Its owner lives.
    """
    # A folder without a lock is what somebody left who was killed while removing it, and had begun with the lock.
    with (folder / _LOCK).open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def cluster_template() -> Iterator[None]:
    """Make a cluster that all servers started meanwhile, by children of ours as well, begin with as a copy.

    For whoever starts a hundred servers: copying takes a tenth of the time of `initdb`.
    """
    privileges = choose_privileges()
    folder, lock = _claim_folder(privileges)
    with lock:
        try:
            _create_cluster(find_binaries(), folder, privileges)
            os.environ[_TEMPLATE] = str(folder / "data")
            yield
        finally:
            os.environ.pop(_TEMPLATE, None)
            shutil.rmtree(folder, ignore_errors=True)


def _create_cluster(binaries: Path, folder: Path, privileges: Privileges) -> None:
    if _TEMPLATE in os.environ:
        _run(["cp", "-a", os.environ[_TEMPLATE], str(folder / "data")], privileges)
        return
    options = ["-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"]
    _run([str(binaries / "initdb"), "-D", str(folder / "data"), "-U", "postgres", *options], privileges)


def _run(command: list[str], privileges: Privileges) -> None:
    answer = subprocess.run(
        command,
        preexec_fn=dies_with_parent(by=signal.SIGINT, after=privileges.assume),
        capture_output=True,
        text=True,
        cwd="/",
        check=False,
    )
    if answer.returncode != 0:
        raise PostgresUnavailable(f"{Path(command[0]).name} failed: {_last_line(answer.stderr or answer.stdout)}")


def _launch(binaries: Path, folder: Path, profile: Profile, privileges: Privileges) -> subprocess.Popen[bytes]:
    settings = [word for name, value in profile.settings.items() for word in ("-c", f"{name}={value}")]
    with (folder / "server.log").open("ab") as log:
        return subprocess.Popen(
            [binaries / "postgres", "-D", folder / "data", "-k", folder, "-p", str(_PORT), *settings],
            preexec_fn=dies_with_parent(by=signal.SIGINT, after=privileges.assume),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
        )


def _wait_until_ready(server: EmbeddedPostgres) -> None:
    deadline = time.monotonic() + _START_TIMEOUT_S
    while not server.is_ready:
        if time.monotonic() > deadline:
            raise PostgresUnavailable(f"PostgreSQL was not ready within {_START_TIMEOUT_S} s")
        time.sleep(_POLL_S)


def _is_ready(status_file: Path, pid: int) -> bool:
    """Tell whether the status file says ready and speaks of our child: a stale one says ready too."""
    try:
        lines = status_file.read_text().splitlines()
    except FileNotFoundError:
        return False
    return len(lines) > _STATUS_LINE and lines[0] == str(pid) and lines[_STATUS_LINE].strip() == "ready"


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else "it said nothing"
