"""The database server of a live run, as the faults handle it: killed, stopped, made to refuse writes, and whole again.

Only a server of ours is killed or stopped. What concerns one database alone works on any server.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

import asyncpg
from sqlalchemy.engine import URL

from scenarios.embedded_postgres import EmbeddedPostgres
from scenarios.errors import PostgresUnavailable
from scenarios.live.guardian import Guardian

_POLL_S = 0.02
_RECOVERY_S = 60.0  # more than it takes to recover what a run of minutes has written
_CONNECT_TIMEOUT_S = 5.0
_OURSELVES = "paystorm live"
_OTHERS = """
SELECT pid FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND application_name <> 'paystorm live'
AND state = ANY($1) ORDER BY pid
"""


class LivePostgres:
    """The server, and the run's database on it."""

    def __init__(self, *, embedded: EmbeddedPostgres | None, database: URL, guardian: Guardian) -> None:
        self.embedded = embedded
        self.kills = 0
        self._database = database
        self._guardian = guardian
        self._is_stopped = False
        self._is_down = False
        self._is_read_only = False

    @property
    def is_ours(self) -> bool:
        """Whether it may be killed and stopped."""
        return self.embedded is not None

    @property
    def is_whole(self) -> bool:
        """Whether nothing is wrong with it now."""
        return not (self._is_down or self._is_stopped or self._is_read_only)

    def kill(self) -> None:
        """Kill the server with all its backends, as SIGKILL does: nobody finishes anything."""
        assert self.embedded is not None, "only a server of ours is killed"
        self._is_down = True
        self.embedded.kill()
        self.kills += 1

    async def start_again(self) -> None:
        """Start it on what is left of its data, and return when it has recovered.

        Raises:
            PostgresUnavailable: It does not come back.
        """
        assert self.embedded is not None, "only a server of ours was killed"
        self.embedded.start_again()
        deadline = time.monotonic() + _RECOVERY_S
        while not self.embedded.is_ready:
            if time.monotonic() > deadline:
                raise PostgresUnavailable(f"PostgreSQL had not recovered {_RECOVERY_S:g} s after it was killed")
            await asyncio.sleep(_POLL_S)
        self._is_down = False

    def stop(self) -> None:
        """Stop the server and all its backends as SIGSTOP does: nothing is answered, nothing is lost."""
        assert self.embedded is not None, "only a server of ours is stopped"
        self._is_stopped = True
        self._guardian.stop(self.embedded.process.pid)

    def wake(self) -> None:
        """Let it go on."""
        assert self.embedded is not None, "only a server of ours was stopped"
        self._guardian.wake(self.embedded.process.pid)
        self._is_stopped = False

    async def refuse_writes(self, *, refuse: bool) -> None:
        """Break every connection; on new ones whatever writes is refused, or works again."""
        self._is_read_only = refuse
        name = _quoted(self._database)
        await self._ask(
            f"ALTER DATABASE {name} SET default_transaction_read_only = {'on' if refuse else 'off'}",
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )

    async def terminate_backend(self, *, state: str, draw: Random) -> int | None:
        """Have the server end one of our connections that is in this state; return its process id, or None if none is.

        Args:
            state: "idle", or "busy" for one that is within a statement or a transaction.
            draw: Chooses among them.
        """
        states = ("idle",) if state == "idle" else ("active", "idle in transaction")
        async with self._connection() as connection:
            pids = [row["pid"] for row in await connection.fetch(_OTHERS, states)]
            if not pids:
                return None
            pid: int = draw.choice(pids)
            await connection.execute("SELECT pg_terminate_backend($1)", pid)
            return pid

    async def restore(self) -> None:
        """Make it whole, whatever was done to it.

        Raises:
            PostgresUnavailable: It does not come back.
        """
        if self._is_stopped:
            self.wake()
        if self._is_down:
            if self.embedded is not None and self.embedded.process.poll() is None:
                self.embedded.kill()  # it was about to recover
            await self.start_again()
        if self._is_read_only:
            await self.refuse_writes(refuse=False)

    async def _ask(self, *statements: str) -> None:
        async with self._connection() as connection:
            for statement in statements:
                await connection.execute(statement)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[asyncpg.Connection]:
        try:
            connection = await asyncpg.connect(
                self._database.set(drivername="postgresql").render_as_string(hide_password=False),
                timeout=_CONNECT_TIMEOUT_S,
                # Or nothing could be put right again once writes are refused.
                server_settings={"default_transaction_read_only": "off", "application_name": _OURSELVES},
            )
        except (OSError, asyncpg.PostgresError, TimeoutError) as error:
            raise PostgresUnavailable(f"the run's PostgreSQL cannot be reached: {error}") from None
        try:
            yield connection
        finally:
            await connection.close()


def _quoted(database: URL) -> str:
    assert database.database is not None, "a database URL names its database"
    return '"' + database.database.replace('"', '""') + '"'
