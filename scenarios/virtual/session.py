"""The server's end of a database connection: one backend, and what is asked of it.

When a request arrives, its bytes go to the real backend and the whole reply is read with the clock standing still, so
PostgreSQL runs one statement at a time, in an order that the seed has chosen. A statement that would have to wait for a
lock is undone and goes to the lock queue instead (`locks.py`), which tries it again later.
"""

import errno
import re
from collections import deque
from functools import partial
from hashlib import blake2b
from typing import Protocol

from scenarios.virtual import pgwire, savepoints
from scenarios.virtual.backends import Seat
from scenarios.virtual.errors import Escaped, Unsupported
from scenarios.virtual.interference import Die, Fail, Interference
from scenarios.virtual.locks import LockQueue, Refusal
from scenarios.virtual.loop import VirtualLoop
from scenarios.virtual.pgwire import FirstPacket, Request, RequestKind, ServerError
from scenarios.virtual.prepared import StatementNames
from scenarios.virtual.statements import Traits, own_clock, unrepeatable
from scenarios.virtual.timeline import Timeline

_DURATION = re.compile(r"'?\s*(?P<number>[\d.]+)\s*(?P<unit>us|ms|s|min|h|d)?\s*'?")
_UNIT_NS = {"us": 10**3, None: 10**6, "ms": 10**6, "s": 10**9, "min": 60 * 10**9, "h": 3600 * 10**9, "d": 86400 * 10**9}


class Client(Protocol):
    """Whoever gets the replies."""

    def deliver(self, data: bytes, *, late_ns: int = 0) -> None:
        """Take a reply, which the server keeps back for a while."""

    def lose(self, error: Exception | None) -> None:
        """Take the news that the connection is gone."""


class Server(Protocol):
    """What a session needs to know of the server it belongs to."""

    locks: LockQueue
    timeline: Timeline
    interference: Interference
    round_trips: int

    def interrupt_if_blocked(self, pid: int) -> "tuple[Session, ...]":
        """Cancel a backend's statement if it waits for a lock, and return whose transactions hold it up."""

    def cancel(self, pid: int, secret: int) -> None:
        """Act on a client's request to cancel what a backend is doing."""

    def terminate(self, session: "Session") -> list[bytes]:
        """End a session's backend by force, and return what it says to that."""

    def forget(self, session: "Session") -> None:
        """Strike off a session that has ended."""


class Session:
    """One session of PostgreSQL, from its start-up packet to its end."""

    client: Client  # set by whoever makes both ends
    _statements: StatementNames  # since the log-in

    def __init__(self, *, name: str, loop: VirtualLoop, server: Server, backend: Seat) -> None:
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
        self._suffering: Request | None = None  # takes its time, and will fail
        self._is_doomed = False  # what is under way will be done, and its answer lost
        self._ended = False

    @property
    def is_idle(self) -> bool:
        """Whether no transaction is open and nothing is being asked."""
        return self._logged_in and self._status == "I" and not self._is_busy and not self._requests

    @property
    def status(self) -> str:
        """Of the transaction, as ReadyForQuery tells it."""
        return self._status

    @property
    def _is_busy(self) -> bool:
        return self._ended or self._suffering is not None or self in self._server.locks

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
                self._server.cancel(*pgwire.cancelled_backend(packet))
                self._hang_up(None)

    def _log_in(self, parameters: dict[str, str]) -> None:
        self.user = parameters["user"]
        self.lock_timeout_ns = _duration_ns(parameters.pop("lock_timeout", "0")) or None
        for name, value in parameters.items():
            if name.endswith("_timeout") or "timeout" in value:
                raise Unsupported(f"{name}={value}: the server would count it in real time")
        refusal = self._server.interference.at_login(self, parameters)
        reply = self.backend.start(parameters) if refusal is None else [pgwire.fatal(refusal)]
        error = pgwire.sqlstate(reply)
        self._server.timeline.note("postgres-login", self.name, error or "ok")
        self._reply(reply)
        if error is None:
            self._statements = StatementNames(self.backend.shelf)
            self._logged_in = True
        else:
            self._hang_up(None)

    def _serve(self) -> None:
        """Try the requests that have arrived, up to one that must wait."""
        while self._requests and not self._is_busy:
            request = self._requests.popleft()
            if request.kind is RequestKind.TERMINATE:
                self._hang_up(None)
                return
            self._examine(request)
            self._carry_out(request)

    def _examine(self, request: Request) -> None:
        for sql in request.texts:
            if asked := own_clock(sql):
                raise Escaped(f"SQL {asked!r} asks the server, not the simulation ({self.name}: {sql})")
            if word := unrepeatable(sql):
                raise Unsupported(f"{word!r} cannot be repeated in virtual time ({self.name}: {sql})")

    def _carry_out(self, request: Request) -> None:
        match self._server.interference.before(self, request):
            case Fail(error=error, after_ns=0):
                self.refuse(request, error)
                return
            case Fail(error=error, after_ns=after_ns):
                self._suffering = request
                self._loop.after(after_ns, partial(self._succumb, request, error))
                return
            case Die(is_done=True):
                self._is_doomed = True
            case Die(is_told=True):
                self.terminate()
                return
            case Die():
                self.cut()
                return
        if blockers := self.attempt(request):
            self._server.locks.wait(self, request, blockers)

    def _succumb(self, request: Request, error: ServerError) -> None:
        if self._suffering is request:
            self._suffering = None
            self.refuse(request, error)

    def attempt(self, request: Request) -> "tuple[Session, ...]":
        """Try a request. Return whom it has to wait for; nobody means that it was answered."""
        wrapped = self._status == "T" and Traits.CONTROL not in request.traits
        translation = self._statements.translate(request)
        if translation.answer is not None and self._status != "E":
            self._server.round_trips += 1
            self._answer(request, translation.answer)
            return ()
        asked = translation.request
        data, end = savepoints.wrap(asked) if wrapped else savepoints.plain(asked)
        self._server.round_trips += 1
        self._held_up_by = ()
        try:
            reply = self.backend.ask(data, end, when_quiet=self._look)
        except ConnectionError:
            self._pass_on(self.backend.last_words())
            return ()
        if self._held_up_by:
            self._undo(request, reply, wrapped=wrapped)
            return self._held_up_by
        if wrapped:
            reply = savepoints.unwrap(asked, reply)
            if pgwire.sqlstate(reply) is not None:
                self.backend.ask(*savepoints.fail(request))
        self._answer(request, translation.settle(reply))
        return ()

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

    def refuse(self, request: Request, error: ServerError) -> None:
        """Answer a request with an error, which the server itself raises: its transaction really fails."""
        reply = self.backend.ask(
            pgwire.query(
                f"DO $$BEGIN RAISE EXCEPTION USING ERRCODE = '{error.sqlstate}', MESSAGE = '{error.text}'; END$$"
            ),
            pgwire.READY,
        )
        if Traits.COMMITS in request.traits:
            # A COMMIT that fails ends its transaction all the same.
            *_, ready = self.backend.ask(pgwire.query("ROLLBACK"), pgwire.READY)
            reply[-1] = ready
        if request.kind is RequestKind.FLUSH:
            reply = [frame for frame in reply if frame[:1] != b"Z"]
        self._answer(request, reply)

    def _answer(self, request: Request, reply: list[bytes]) -> None:
        if self._is_doomed:
            self.cut()
            return
        if request.kind is not RequestKind.FLUSH:
            self._status = pgwire.transaction_status(reply)
        elif self._status == "T" and pgwire.sqlstate(reply) is not None:
            self._status = "E"
        digest = blake2b(b"".join(pgwire.repeatable(reply)), digest_size=8)
        self._server.timeline.note("postgres", self.name, digest.hexdigest())
        self._reply(reply)
        # A transaction lets its locks go when it ends and also as soon as it has failed, before the client's ROLLBACK.
        if self._status != "T" or Traits.RELEASES in request.traits:
            self._server.locks.released(self)
        if self._requests:
            self._loop.after(1, self._serve)

    def _reply(self, reply: list[bytes]) -> None:
        self.client.deliver(b"".join(reply), late_ns=self._server.interference.delay_ns(self))

    def cancel(self) -> None:
        """Break off what takes its time, as the client asked to."""
        if self._suffering is not None:
            self._succumb(self._suffering, Refusal.CANCELED.value)
        else:
            self._server.locks.cancel(self)

    def abandon(self) -> None:
        """Stop what takes its time: nobody waits for the answer."""
        self._suffering = None
        self._server.locks.forget(self)

    def terminate(self) -> None:
        """End the backend as `pg_terminate_backend` does: the client is told, and the transaction rolled back."""
        self._pass_on(self._server.terminate(self))

    def _pass_on(self, last_words: list[bytes]) -> None:
        self._server.timeline.note("postgres-killed", self.name, pgwire.sqlstate(last_words) or "")
        if last_words:
            self._reply(last_words)
        self._hang_up(None)

    def cut(self) -> None:
        """End the backend without a word, as when its machine fails: the client is told nothing."""
        self._hang_up(ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"))

    def _hang_up(self, error: Exception | None) -> None:
        self.end()
        self.client.lose(error)

    def end(self) -> None:
        """End the backend: its transaction is rolled back, its locks are free."""
        if self._ended:
            return
        self._ended = True
        self._requests.clear()
        self.abandon()
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
