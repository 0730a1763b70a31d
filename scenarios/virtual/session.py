"""The server's end of a database connection: one backend, and what is asked of it.

When a request arrives, its bytes go to the real backend and the whole reply is read with the clock standing still, so
PostgreSQL runs one statement at a time, in an order that the seed has chosen. A statement that would have to wait for a
lock is undone and goes to the lock queue instead (`locks.py`), which tries it again later.
"""

import re
from collections import deque
from hashlib import blake2b
from typing import Protocol

from scenarios.virtual import pgwire, savepoints
from scenarios.virtual.backend import Backend
from scenarios.virtual.errors import Escaped, Unsupported
from scenarios.virtual.locks import LockQueue, Refusal
from scenarios.virtual.loop import VirtualLoop
from scenarios.virtual.pgwire import FirstPacket, Request, RequestKind
from scenarios.virtual.statements import Traits, own_clock, unrepeatable
from scenarios.virtual.timeline import Timeline

_DURATION = re.compile(r"'?\s*(?P<number>[\d.]+)\s*(?P<unit>us|ms|s|min|h|d)?\s*'?")
_UNIT_NS = {"us": 10**3, None: 10**6, "ms": 10**6, "s": 10**9, "min": 60 * 10**9, "h": 3600 * 10**9, "d": 86400 * 10**9}


class Client(Protocol):
    """Whoever gets the replies."""

    def deliver(self, data: bytes) -> None:
        """Take a reply."""

    def lose(self, error: Exception | None) -> None:
        """Take the news that the connection is gone."""


class Server(Protocol):
    """What a session needs to know of the server it belongs to."""

    locks: LockQueue
    timeline: Timeline
    round_trips: int

    def interrupt_if_blocked(self, pid: int) -> "tuple[Session, ...]":
        """Cancel a backend's statement if it waits for a lock, and return whose transactions hold it up."""

    def cancel(self, pid: int) -> None:
        """Act on a client's request to cancel what a backend is doing."""

    def forget(self, session: "Session") -> None:
        """Strike off a session that has ended."""


class Session:
    """One session of PostgreSQL, from its start-up packet to its end."""

    client: Client  # set by whoever makes both ends

    def __init__(self, *, name: str, loop: VirtualLoop, server: Server, backend: Backend) -> None:
        self.name = name
        self.backend = backend
        self.user = ""  # who logged in
        self.lock_timeout_ns: int | None = None
        self._loop = loop
        self._server = server
        self._reader = pgwire.RequestReader()
        self._requests: deque[Request] = deque()  # arrived, and not yet tried
        self._logged_in = False
        self._status = "I"  # of the transaction, as ReadyForQuery tells it
        self._held_up_by: tuple[Session, ...] = ()  # found while the backend was quiet
        self._ended = False

    def arrive(self, data: bytes) -> None:
        """Take what the client has written."""
        if self._ended:
            return
        if self._logged_in:
            self._requests.extend(self._reader.feed(data))
            self._serve()
        else:
            self._greet(data)

    def _greet(self, packet: bytes) -> None:
        match pgwire.first_packet(packet):
            case FirstPacket.STARTUP:
                self._log_in(pgwire.startup_parameters(packet))
            case FirstPacket.TLS | FirstPacket.GSS:
                self.client.deliver(pgwire.NO_ENCRYPTION)
            case FirstPacket.CANCEL:
                self._server.cancel(pgwire.cancelled_backend(packet))
                self._hang_up(None)

    def _log_in(self, parameters: dict[str, str]) -> None:
        self.user = parameters["user"]
        self.lock_timeout_ns = _duration_ns(parameters.pop("lock_timeout", "0")) or None
        for name, value in parameters.items():
            if name.endswith("_timeout") or "timeout" in value:
                raise Unsupported(f"{name}={value}: the server would count it in real time")
        reply = self.backend.start(parameters)
        if pgwire.sqlstate(reply) is None:
            self.backend.ask(savepoints.PREPARE, pgwire.READY)
            self._logged_in = True
        self._server.timeline.note("postgres-login", self.name, pgwire.sqlstate(reply) or "ok")
        self.client.deliver(b"".join(reply))

    def _serve(self) -> None:
        """Try the requests that have arrived, up to one that must wait."""
        while self._requests and not self._ended and self not in self._server.locks:
            request = self._requests.popleft()
            if request.kind is RequestKind.TERMINATE:
                self._hang_up(None)
                return
            self._examine(request)
            blockers = self.attempt(request)
            if blockers:
                self._server.locks.wait(self, request, blockers)

    def _examine(self, request: Request) -> None:
        for sql in request.texts:
            if asked := own_clock(sql):
                raise Escaped(f"SQL {asked!r} asks the server, not the simulation ({self.name}: {sql})")
            if word := unrepeatable(sql):
                raise Unsupported(f"{word!r} cannot be repeated in virtual time ({self.name}: {sql})")

    def attempt(self, request: Request) -> "tuple[Session, ...]":
        """Try a request. Return whom it has to wait for; nobody means that it was answered."""
        wrapped = self._status == "T" and Traits.CONTROL not in request.traits
        data, end = savepoints.wrap(request) if wrapped else savepoints.plain(request)
        self._server.round_trips += 1
        self._held_up_by = ()
        try:
            reply = self.backend.ask(data, end, when_quiet=self._look)
        except ConnectionError as error:
            self._hang_up(error)
            return ()
        if self._held_up_by:
            self._undo(request, reply, wrapped=wrapped)
        else:
            self._answer(request, savepoints.unwrap(request, reply) if wrapped else reply)
        return self._held_up_by

    def _look(self) -> None:
        """The backend is quiet: find out whether it waits for a lock. Once interrupted it is not asked again."""
        if not self._held_up_by:
            self._held_up_by = self._server.interrupt_if_blocked(self.backend.pid)

    def _undo(self, request: Request, reply: list[bytes], *, wrapped: bool) -> None:
        assert pgwire.sqlstate(reply) == pgwire.QUERY_CANCELED, (
            f"{self.name}: a blocked statement ended otherwise than by our interruption"
        )
        rest = savepoints.undo(request, wrapped=wrapped)
        if rest is not None:
            reply = self.backend.ask(*rest)
        if pgwire.transaction_status(reply) != self._status:
            raise Unsupported(
                f"a lock wait that takes its transaction with it ({self.name}: {' '.join(request.texts)})"
            )

    def refuse(self, request: Request, refusal: Refusal) -> None:
        """Answer a waiting request with an error, which the server itself raises: its transaction really fails."""
        reply = self.backend.ask(
            pgwire.query(
                f"DO $$BEGIN RAISE EXCEPTION USING ERRCODE = '{refusal.sqlstate}', MESSAGE = '{refusal.text}'; END$$"
            ),
            pgwire.READY,
        )
        if request.kind is RequestKind.FLUSH:
            reply = [frame for frame in reply if frame[:1] != b"Z"]
        self._answer(request, reply)

    def _answer(self, request: Request, reply: list[bytes]) -> None:
        if request.kind is not RequestKind.FLUSH:
            self._status = pgwire.transaction_status(reply)
        elif self._status == "T" and pgwire.sqlstate(reply) is not None:
            self._status = "E"
        digest = blake2b(b"".join(pgwire.repeatable(reply)), digest_size=8)
        self._server.timeline.note("postgres", self.name, digest.hexdigest())
        self.client.deliver(b"".join(reply))
        # A transaction lets its locks go when it ends and also as soon as it has failed, before the client's ROLLBACK.
        if self._status != "T" or Traits.RELEASES in request.traits:
            self._server.locks.released(self)
        if self._requests:
            self._loop.after(1, self._serve)

    def abandon(self) -> None:
        """Stop waiting for a lock: nobody waits for the answer."""
        self._server.locks.forget(self)

    def _hang_up(self, error: Exception | None) -> None:
        self.end()
        self.client.lose(error)

    def end(self) -> None:
        """End the backend: its transaction is rolled back, its locks are free."""
        if self._ended:
            return
        self._ended = True
        self._requests.clear()
        self._server.locks.forget(self)
        self.backend.hang_up()
        self._server.timeline.note("postgres-end", self.name, "")
        self._server.forget(self)
        self._server.locks.released(self)


def _duration_ns(text: str) -> int:
    """Read a PostgreSQL duration; a bare number means milliseconds, as for lock_timeout."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise Unsupported(f"lock_timeout={text!r} is not a duration")
    return int(float(match["number"]) * _UNIT_NS[match["unit"]])
