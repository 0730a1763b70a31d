"""A real PostgreSQL server inside of virtual time: the only dialer a world has.

The server must run nothing on its own schedule (autovacuum, parallel workers, jit: off). What virtual time cannot
repeat is refused loudly: the server's own clock and chance in SQL, timeouts that it would count in real time, COPY FROM
STDIN, and waits for locks that somebody outside of the simulation holds. NOTIFY arrives with the next reply. Rows
without ORDER BY come as they lie on the server's pages, so runs to be compared must begin alike.
"""

import asyncio
import errno
from collections.abc import Callable
from functools import partial

from scenarios.randomness import Streams
from scenarios.units import NS_PER_S
from scenarios.virtual.backend import Watch
from scenarios.virtual.backends import Backends, Seat
from scenarios.virtual.connection import Connection
from scenarios.virtual.errors import Unsupported
from scenarios.virtual.interference import Interference, Undisturbed
from scenarios.virtual.latency import Regime
from scenarios.virtual.locks import LockQueue
from scenarios.virtual.loop import Address, VirtualLoop
from scenarios.virtual.processes import Process, current_process
from scenarios.virtual.session import Session
from scenarios.virtual.timeline import Timeline

_ONE_WAY = Regime(low_s=0.000_05, high_s=0.001)


class VirtualPostgres:
    """The server, as the processes of one world reach it."""

    def __init__(self, *, loop: VirtualLoop, backends: Backends, streams: Streams, timeline: Timeline) -> None:
        self.address = backends.address
        self._backends = backends
        self.regime = _ONE_WAY  # of each direction of a round trip; may be changed while the world runs
        self.interference: Interference = Undisturbed()  # whoever makes faults happen here
        self.round_trips = 0
        self.timeline = timeline
        self.locks = LockQueue(loop=loop, random=streams.stream("postgres", "locks"), timeline=timeline)
        self._loop = loop
        self._streams = streams
        self._connections: dict[Session, Connection] = {}
        self._untold: list[Connection] = []  # were ended by the server, and their clients have not heard of it yet
        self._clients: dict[Process, None] = {}
        self._dialled = 0

    def listens_at(self, address: Address) -> bool:
        """Whether the address is this server's."""
        return address == self.address

    async def dial(self, protocol_factory: Callable[[], asyncio.BaseProtocol]) -> tuple[Connection, asyncio.Protocol]:
        """Open a connection for the process that asks.

        Raises:
            ConnectionRefusedError: The server is down.
        """
        process = current_process()
        assert process is not None, "only a process can connect to the database; spawn the task from one"
        if process not in self._clients:
            self._clients[process] = None
            process.at_crash(partial(self._sever, process))
        delay_ns = partial(self._delay_ns, process.name)
        await asyncio.sleep(delay_ns() / NS_PER_S)
        self._dialled += 1
        name = f"{process.name}#{self._dialled}"
        if self.interference.refuses(name):
            raise ConnectionRefusedError(errno.ECONNREFUSED, f"Connect call failed {self.address!r}")
        session = Session(name=name, loop=self._loop, server=self, backend=Seat(self._backends))
        protocol = protocol_factory()
        assert isinstance(protocol, asyncio.Protocol)
        connection = Connection(loop=self._loop, process=process, session=session, protocol=protocol, delay_ns=delay_ns)
        session.client = connection
        self._connections[session] = connection
        protocol.connection_made(connection)
        return connection, protocol

    def _delay_ns(self, process: str) -> int:
        return self.regime.draw_ns(self._streams.stream("postgres", process))

    def interrupt_if_blocked(self, pid: int) -> tuple[Session, ...]:
        """Cancel a backend's statement if it waits for a lock, and return whose transactions hold it up."""
        by_pid = {session.backend.pid: session for session in self._connections}
        blockers = self._watch_as(by_pid[pid].user).interrupt_if_blocked(pid)
        if not by_pid.keys() >= set(blockers):
            raise Unsupported(f"{by_pid[pid].name} waits for a lock that somebody outside of the simulation holds")
        # In the order in which they connected: a process id is another one in every run.
        return tuple(session for pid, session in by_pid.items() if pid in blockers)

    def terminate(self, session: Session) -> list[bytes]:
        """End a session's backend by force, and return what it says to that."""
        self._watch_as(session.user).terminate(session.backend.pid)
        return session.backend.last_words()

    def _watch_as(self, user: str) -> Watch:
        return self._backends.watch(user=user)

    def cancel(self, pid: int, secret: int) -> None:
        """Act on a client's request to cancel what a backend is doing.

        Only a wait can be cancelled: a statement that does not wait takes no virtual time at all.
        """
        for session in list(self._connections):
            if (session.backend.pid, session.backend.secret) == (pid, secret):
                session.cancel()

    def cut_all(self) -> list[str]:
        """Break every connection as a server does that loses its power, and return their names."""
        sessions = list(self._connections)
        for session in sessions:
            session.cut()
        return [session.name for session in sessions]

    def forget(self, session: Session) -> None:
        """Strike off a session that has ended."""
        connection = self._connections.pop(session, None)
        ended = [connection] if connection is not None else []
        self._untold = [one for one in (*self._untold, *ended) if not one.is_lost]

    def _sever(self, process: Process) -> None:
        for connection in list(self._connections.values()):
            if connection.process is process:
                connection.sever()
                connection.disown()
        for connection in self._untold:
            if connection.process is process:
                connection.disown()
        self._untold = [connection for connection in self._untold if not connection.is_lost]

    def close(self) -> None:
        """End all sessions."""
        for connection in self._connections.values():
            connection.dispose()
        for connection in self._untold:
            connection.disown()
        self._connections.clear()
        self._untold.clear()
