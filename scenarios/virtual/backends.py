"""Backends that are kept for the next session: a new server process costs as much as dozens of statements.

A session that ends leaves nothing on its backend but prepared statements (`prepared.py`), which no client can see. What
its end promises still holds: the transaction is rolled back and every lock is free before anything else happens. Only
sessions with one and the same start-up packet share a backend.
"""

import itertools
import socket
from collections.abc import Callable

from scenarios.virtual import pgwire, savepoints
from scenarios.virtual.backend import Backend, Watch
from scenarios.virtual.loop import Address
from scenarios.virtual.prepared import Shelf

# What DISCARD ALL does, without forgetting the prepared statements. After a Flush only a Sync is sure to be heard.
_CLEAN = (
    pgwire.SYNC
    + pgwire.query("ROLLBACK")
    + pgwire.query(
        "CLOSE ALL; SET SESSION AUTHORIZATION DEFAULT; RESET ALL; UNLISTEN *; SELECT pg_advisory_unlock_all(); "
        "DISCARD TEMP; DISCARD SEQUENCES"
    )
)
_CLEANED = pgwire.End(types=b"Z", count=3)

type _Key = tuple[tuple[str, str], ...]


class Seat:
    """The place of one session on a backend, from its start-up packet to its end."""

    def __init__(self, backends: "Backends") -> None:
        self._backends = backends
        self.secret = 0  # for requests to cancel; no other session of the backend has ever had it
        self._kept: _Kept | None = None
        self._untuned: socket.socket | None = None

    @property
    def pid(self) -> int:
        """The process id of the backend; 0 before the start."""
        return self._kept.backend.pid if self._kept else 0

    @property
    def shelf(self) -> Shelf:
        """The backend's prepared statements; there is none before the start."""
        assert self._kept is not None, "a session that has not begun has prepared nothing"
        return self._kept.shelf

    @property
    def socket(self) -> socket.socket:
        """For a driver that wants to tune it before it has said anything: one that leads nowhere."""
        self._untuned = self._untuned or socket.socket()
        return self._untuned

    def start(self, parameters: dict[str, str]) -> list[bytes]:
        """Log in and return what the server says; see `Backend.start`."""
        self._kept, greeting = self._backends.take(tuple(parameters.items()))
        self.secret = self._backends.new_secret()
        return [pgwire.with_secret(frame, self.secret) for frame in greeting]

    def ask(self, data: bytes, end: pgwire.End, *, when_quiet: Callable[[], None] | None = None) -> list[bytes]:
        """Send, and block until the reply has ended; see `Backend.ask`."""
        assert self._kept is not None, "a session begins with its start-up packet"
        return self._kept.backend.ask(data, end, when_quiet=when_quiet)

    def last_words(self) -> list[bytes]:
        """Block until the server has hung up; see `Backend.last_words`."""
        assert self._kept is not None, "a session begins with its start-up packet"
        return self._kept.backend.last_words()

    def hang_up(self) -> None:
        """End the session: block until its transaction is rolled back and its locks are free."""
        kept, self._kept = self._kept, None
        if kept is not None:
            self._backends.give_back(kept)
        if self._untuned is not None:
            self._untuned.close()


class _Kept:
    """A backend with what it has learned."""

    def __init__(self, backend: Backend, *, key: _Key, greeting: list[bytes]) -> None:
        self.backend = backend
        self.key = key
        self.greeting = greeting
        self.shelf = Shelf()


class Backends:
    """All backends of one database."""

    def __init__(self, address: Address, *, password: str | None = None) -> None:
        self.address = address
        self._password = password
        self._idle: dict[_Key, list[_Kept]] = {}
        self._secrets = itertools.count(1)
        self._watch: Watch | None = None

    def take(self, key: _Key) -> tuple[_Kept | None, list[bytes]]:
        """Return a backend for this start-up packet, unless the server refuses it, and what the server says."""
        if idle := self._idle.get(key):
            kept = idle.pop()
            return kept, kept.greeting
        backend = Backend(self.address, password=self._password)
        try:
            greeting = backend.start(dict(key))
            is_refused = pgwire.sqlstate(greeting) is not None
            if not is_refused:
                backend.ask(savepoints.PREPARE, pgwire.READY)
        except BaseException:  # nobody else knows of this connection yet; the error itself goes on
            backend.hang_up()
            raise
        if is_refused:
            backend.hang_up()
            return None, greeting
        return _Kept(backend, key=key, greeting=greeting), greeting

    def give_back(self, kept: _Kept) -> None:
        """Make a backend as good as new; one that is dead is let go."""
        try:
            kept.backend.ask(_CLEAN, _CLEANED)
        except ConnectionError:
            kept.backend.hang_up()
        else:
            self._idle.setdefault(kept.key, []).append(kept)

    def new_secret(self) -> int:
        """Return a secret for a client to know: its request to cancel must never hit a later session."""
        return next(self._secrets)

    def watch(self, *, user: str) -> Watch:
        """Return who can tell which backend waits for which."""
        self._watch = self._watch or Watch(self.address, user=user, password=self._password)
        return self._watch

    def close(self) -> None:
        """End all backends; every session has ended."""
        for idle in self._idle.values():
            for kept in idle:
                kept.backend.hang_up()
        self._idle.clear()
        if self._watch is not None:
            self._watch.close()
            self._watch = None
