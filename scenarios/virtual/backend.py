"""A blocking connection to one PostgreSQL backend, and the watch that tells whether a backend waits for a lock.

The simulation's clock stands still while these functions block: whatever PostgreSQL takes in real time is nothing in
virtual time. Only they touch a real socket while a world runs.
"""

import socket
from collections.abc import Callable
from contextlib import suppress

from scenarios.virtual import pgwire, scram
from scenarios.virtual.errors import ServerSilent, Unsupported
from scenarios.virtual.loop import Address

# The tripwires replace socket.connect while a world runs; here is the one lawful user of the real one.
_connect = socket.socket.connect

_QUIET_S = 0.001  # an answer usually takes a tenth of this; after it, ask whether the backend waits for a lock
_SILENT_S = 60.0  # nothing a simulated service asks takes a healthy server this long
_CHUNK = 1 << 16


class Backend:
    """One server process of PostgreSQL at the other end of a socket."""

    def __init__(self, address: Address, *, password: str | None = None) -> None:
        self._password = password
        family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self._buffer = bytearray()
        self._reply: list[bytes] = []  # what has come of the answer that is being waited for
        self.pid = 0  # known after start()
        try:
            _connect(self.socket, address)
        except OSError:
            self.socket.close()
            raise
        if family == socket.AF_INET:
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.settimeout(_QUIET_S)

    def start(self, parameters: dict[str, str]) -> list[bytes]:
        """Log in and return the server's reply, as a server that trusts us would give it.

        Raises:
            Unsupported: The server wants a password that we do not have, or in a way that we do not know.
        """
        reply = self.ask(pgwire.startup_packet(parameters), pgwire.LOGGED_IN)
        if pgwire.asks_for_password(reply[-1]):
            reply = self._authenticate(reply[-1])
        if pgwire.sqlstate(reply) is None:
            self.pid = pgwire.backend_pid(reply)
        return reply

    def _authenticate(self, request: bytes) -> list[bytes]:
        """Prove that we know the password, and return what the server says after that."""
        if self._password is None:
            raise Unsupported("the database server asks for a password; write it into the URL")
        if scram.MECHANISM not in pgwire.mechanisms(request):
            raise Unsupported("the database server asks for a password in another way than SCRAM-SHA-256")
        client = scram.ScramClient(self._password)
        (challenge,) = self.ask(pgwire.sasl_first(scram.MECHANISM, client.first()), pgwire.LOGGED_IN)
        if not pgwire.asks_for_password(challenge):
            return [challenge]
        proof, *rest = self.ask(pgwire.message(b"p", client.final(pgwire.sasl_data(challenge))), pgwire.LOGGED_IN)
        if not pgwire.asks_for_password(proof):
            return [proof]
        client.verify(pgwire.sasl_data(proof))
        # The server goes on by itself, and part of it may have come along already.
        return rest if rest and pgwire.READY.counts(rest[-1]) else rest + self.ask(b"", pgwire.LOGGED_IN)

    def ask(self, data: bytes, end: pgwire.End, *, when_quiet: Callable[[], None] | None = None) -> list[bytes]:
        """Send `data`, block until the reply has ended, and return its frames.

        `when_quiet` is called each time the server has been silent for a while.

        Raises:
            ConnectionResetError: The server closed the connection; `last_words` has what it said before.
            ServerSilent: Nothing came for a whole minute.
        """
        self._send(data)
        self._reply = reply = []
        seen, quiet = 0, 0
        while seen < end.count:
            try:
                self._receive()
            except TimeoutError:
                quiet += 1
                if quiet * _QUIET_S > _SILENT_S:
                    raise ServerSilent from None
                if when_quiet is not None:
                    when_quiet()
            for frame in pgwire.take_frames(self._buffer):
                reply.append(frame)
                seen += end.counts(frame)
        return reply

    def _send(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[self.socket.send(rest) :]
            except TimeoutError:
                # The server may have stopped reading because its replies have filled the other direction.
                with suppress(TimeoutError):
                    self._receive()

    def _receive(self) -> None:
        chunk = self.socket.recv(_CHUNK)
        if not chunk:
            raise ConnectionResetError("PostgreSQL closed the connection")
        self._buffer += chunk

    def last_words(self) -> list[bytes]:
        """Block until the server has hung up, and return the errors that it sent before."""
        self.socket.settimeout(_SILENT_S)
        try:
            while True:
                self._receive()
        except TimeoutError:
            raise ServerSilent from None
        except OSError:
            frames = [*self._reply, *pgwire.take_frames(self._buffer)]
        return [frame for frame in frames if pgwire.sqlstate([frame])]

    def hang_up(self) -> None:
        """Close the connection and block until the backend is gone, its transaction rolled back, its locks free.

        The operating system closes the server's end when the process ends, which is after it has given up its locks.
        """
        self.socket.settimeout(_SILENT_S)
        try:
            self.socket.shutdown(socket.SHUT_WR)
            while self.socket.recv(_CHUNK):
                pass
        except TimeoutError:
            raise ServerSilent from None
        except OSError:
            pass  # the server hung up first
        finally:
            self.socket.close()


class Watch:
    """Asks PostgreSQL on a connection of its own who waits for whom."""

    def __init__(self, address: Address, *, user: str, password: str | None) -> None:
        self._backend = Backend(address, password=password)
        self._backend.start({"user": user, "database": "postgres"})

    def interrupt_if_blocked(self, pid: int) -> tuple[int, ...]:
        """If a backend waits for a lock, cancel its statement and return the process ids that hold it up.

        To be called once per wait: a second signal could hit the statement after it.
        """
        question = (
            "SELECT array_to_string(blockers, ' '), pg_cancel_backend(pid) "  # noqa: S608 - what is put in is a number
            f"FROM (SELECT {pid} AS pid, pg_blocking_pids({pid}) AS blockers) AS wait WHERE cardinality(blockers) > 0"
        )
        reply = self._backend.ask(pgwire.query(question), pgwire.READY)
        blockers = next((row[0] or "" for row in pgwire.rows(reply)), "")
        return tuple(sorted({int(pid) for pid in blockers.split()}))

    def terminate(self, pid: int) -> None:
        """End a backend; its client is told why."""
        self._backend.ask(pgwire.query(f"SELECT pg_terminate_backend({pid})"), pgwire.READY)

    def close(self) -> None:
        """Close the connection."""
        self._backend.hang_up()
