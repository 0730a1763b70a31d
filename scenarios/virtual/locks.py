"""The queue of statements that wait for locks, owned by the simulation instead of PostgreSQL.

PostgreSQL wakes the waiters of a lock in an order that depends on the operating system's scheduler, which no seed
controls. So no statement is left waiting there: whoever would wait is rolled back to the beginning of its statement and
waits here, in virtual time, until a transaction that held it up has ended. Then it is tried again, in an order that the
seed picks.

What differs from a server of its own:
- a waiting statement holds what its transaction's earlier statements took, but nothing of what it took itself so far;
- at READ COMMITTED a statement tried again takes a fresh snapshot, where PostgreSQL would re-check only the row it
  waited for; it sees what it would have seen had it been sent a little later;
- what PostgreSQL never undoes is done again by each try: a sequence draws another number;
- `lock_timeout` counts from the beginning of the wait through all locks of the statement, not anew for each.
"""

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Protocol

from scenarios.units import NS_PER_S
from scenarios.virtual.loop import VirtualLoop
from scenarios.virtual.pgwire import QUERY_CANCELED, Request, ServerError
from scenarios.virtual.timeline import Timeline

_WAKE_NS = (1_000, 50_000)  # until the operating system runs a woken backend; who is quicker takes the lock

DEADLOCK_TIMEOUT_NS = NS_PER_S  # PostgreSQL's default: this long after the cycle closed, one of it is chosen


class Refusal(enum.Enum):
    """Why a wait ended without the lock, in PostgreSQL's words."""

    DEADLOCK = ServerError(sqlstate="40P01", text="deadlock detected")
    TIMEOUT = ServerError(sqlstate="55P03", text="canceling statement due to lock timeout")
    CANCELED = ServerError(sqlstate=QUERY_CANCELED, text="canceling statement due to user request")


class Session(Protocol):
    """What the queue needs to know of a database connection. Compared by identity."""

    name: str
    lock_timeout_ns: int | None  # None: waits for ever

    def attempt(self, request: Request) -> "tuple[Session, ...]":
        """Try a request. Return whom it has to wait for; nobody means that it was answered."""

    def refuse(self, request: Request, error: ServerError) -> None:
        """Answer a waiting request with an error."""


@dataclass(kw_only=True, slots=True, eq=False)
class _Wait:
    session: Session
    request: Request
    blockers: tuple[Session, ...]
    until_ns: int | None  # lock_timeout
    awake: bool = False  # about to be tried again: it waits for nobody


class LockQueue:
    """All waiting statements of one database server."""

    def __init__(self, *, loop: VirtualLoop, random: Random, timeline: Timeline) -> None:
        self.waits = 0
        self.deadlocks = 0
        self.timeouts = 0
        self._loop = loop
        self._random = random
        self._timeline = timeline
        self._waits: dict[Session, _Wait] = {}

    def __contains__(self, session: Session) -> bool:
        return session in self._waits

    def wait(self, session: Session, request: Request, blockers: tuple[Session, ...]) -> None:
        """Put a request in the queue, behind those who hold it up."""
        assert session not in self._waits, f"{session.name} waits already"
        self.waits += 1
        self._timeline.note("lock-wait", session.name, " ".join(blocker.name for blocker in blockers))
        timeout_ns = session.lock_timeout_ns
        wait = _Wait(
            session=session,
            request=request,
            blockers=blockers,
            until_ns=None if timeout_ns is None else self._loop.now_ns + timeout_ns,
        )
        self._waits[session] = wait
        if timeout_ns is not None:
            self._loop.after(timeout_ns, partial(self._time_out, wait))
        self._look_for_cycle(wait)

    def released(self, session: Session) -> None:
        """Wake those who waited for this session, since its transaction has ended or has let something go."""
        for wait in self._waits.values():
            if session in wait.blockers and not wait.awake:
                wait.awake = True
                self._loop.after(self._random.randint(*_WAKE_NS), partial(self._try_again, wait))

    def cancel(self, session: Session) -> None:
        """End a session's wait as its client asked to; nothing happens if it does not wait."""
        if session in self._waits:
            self._refuse(self._waits[session], Refusal.CANCELED)

    def forget(self, session: Session) -> None:
        """Drop a session's wait without a word: its client is gone."""
        self._waits.pop(session, None)

    def _try_again(self, wait: _Wait) -> None:
        if not self._still(wait):
            return
        wait.awake = False
        wait.blockers = wait.session.attempt(wait.request)
        if not wait.blockers:
            self._waits.pop(wait.session, None)
        elif wait.until_ns is not None and wait.until_ns <= self._loop.now_ns:
            self._refuse(wait, Refusal.TIMEOUT)
        else:
            self._look_for_cycle(wait)

    def _time_out(self, wait: _Wait) -> None:
        # Who has just been woken gets its one try; _try_again looks at the time again.
        if self._still(wait) and not wait.awake:
            self._refuse(wait, Refusal.TIMEOUT)

    def _look_for_cycle(self, wait: _Wait) -> None:
        if self._cycle(wait):
            self._loop.after(DEADLOCK_TIMEOUT_NS, partial(self._break_cycles, wait))

    def _break_cycles(self, wait: _Wait) -> None:
        while cycle := self._cycle(wait):
            self._refuse(self._random.choice(cycle), Refusal.DEADLOCK)

    def _cycle(self, start: _Wait) -> list[_Wait]:
        """Find waits of which each holds up the one before it, and the first holds up the last; empty if none."""
        path: list[_Wait] = []
        visited: set[int] = set()

        def leads_back(wait: _Wait) -> bool:
            path.append(wait)
            for blocker in self._blocking_waits(wait):
                if blocker is start:
                    return True
                if id(blocker) not in visited:
                    visited.add(id(blocker))
                    if leads_back(blocker):
                        return True
            path.pop()
            return False

        return path if self._still(start) and leads_back(start) else []

    def _blocking_waits(self, wait: _Wait) -> Iterator[_Wait]:
        if not wait.awake:
            yield from (self._waits[blocker] for blocker in wait.blockers if blocker in self._waits)

    def _refuse(self, wait: _Wait, refusal: Refusal) -> None:
        del self._waits[wait.session]
        self.deadlocks += refusal is Refusal.DEADLOCK
        self.timeouts += refusal is Refusal.TIMEOUT
        self._timeline.note("lock-refused", wait.session.name, refusal.value.sqlstate)
        wait.session.refuse(wait.request, refusal.value)

    def _still(self, wait: _Wait) -> bool:
        return self._waits.get(wait.session) is wait
