"""How a statement inside a transaction is made repeatable: with a savepoint around it, in the same round trip.

A statement that would wait for a lock is cancelled, and a cancelled statement fails its whole transaction. With a
savepoint before it only the statement is undone, and it can be sent again. Savepoint, statement and release go out in
one write and come back in one reply, from which the additions are taken out again: the client never sees them.

A statement that fails by itself fails inside of the savepoint, while the transaction around it would keep its locks. On
a plain server it would be aborted at once and keep nothing, so it is failed as well.
"""

from collections.abc import Iterable

from scenarios.virtual import pgwire
from scenarios.virtual.pgwire import End, Request, RequestKind

_SET = "paystorm_savepoint"
_RELEASE = "paystorm_release"
_RETURN = "paystorm_return"

PREPARE = (
    pgwire.parse(name=_SET, sql="SAVEPOINT paystorm")
    + pgwire.parse(name=_RELEASE, sql="RELEASE SAVEPOINT paystorm")
    + pgwire.parse(name=_RETURN, sql="ROLLBACK TO SAVEPOINT paystorm")
    + pgwire.SYNC
)
"""Sent once per connection: the unnamed statement belongs to the client, so these have names."""

_BEFORE = pgwire.execute(_SET)
_AFTER = pgwire.execute(_RELEASE)
_FAIL = pgwire.query(
    "ROLLBACK TO SAVEPOINT paystorm; RELEASE SAVEPOINT paystorm; DO $$BEGIN RAISE 'as the statement before'; END$$"
)
_UNDO = pgwire.execute(_RETURN) + pgwire.execute(_RELEASE) + pgwire.SYNC


def plain(request: Request) -> tuple[bytes, End]:
    """A request as the client wrote it, and how its reply ends."""
    end = pgwire.DESCRIBED if request.kind is RequestKind.FLUSH else pgwire.READY
    return b"".join(request.frames), end


def wrap(request: Request) -> tuple[bytes, End]:
    """A request inside of a savepoint, and how its reply ends."""
    *body, last = request.frames
    match request.kind:
        case RequestKind.QUERY:
            # A simple query is a round of its own: before, query and after are answered one by one.
            return _BEFORE + pgwire.SYNC + last + _AFTER + pgwire.SYNC, End(types=b"Z", count=3)
        case RequestKind.FLUSH:
            return _BEFORE + b"".join(body) + _AFTER + last, End(types=b"C", count=2, error_ends=True)
        case RequestKind.SYNC | RequestKind.TERMINATE:
            return _BEFORE + b"".join(body) + _AFTER + last, pgwire.READY


def unwrap(request: Request, reply: list[bytes]) -> list[bytes]:
    """Take the savepoint's part out of a reply."""
    reply = reply.copy()
    if request.kind is RequestKind.QUERY:
        first, second, _last = (place for place, frame in enumerate(reply) if frame[:1] == b"Z")
        return reply[first + 1 : second + 1]
    for kind in (b"2", b"C"):
        _remove(reply, kind, range(len(reply)))
    if pgwire.sqlstate(reply) is None:
        for kind in (b"C", b"2"):
            _remove(reply, kind, reversed(range(len(reply))))
    return reply


def undo(request: Request, *, wrapped: bool) -> tuple[bytes, End] | None:
    """What makes the server forget a cancelled request; None if it has already."""
    resume = _resume(request)
    data = resume + (_UNDO if wrapped else b"")
    return (data, End(types=b"Z", count=bool(resume) + wrapped)) if data else None


def fail(request: Request) -> tuple[bytes, End]:
    """What makes the whole transaction fail after a wrapped request has failed."""
    resume = _resume(request)
    return resume + _FAIL, End(types=b"Z", count=bool(resume) + 1)


def _resume(request: Request) -> bytes:
    # After an error PostgreSQL skips everything up to a Sync, and a Flush brought none.
    return pgwire.SYNC if request.kind is RequestKind.FLUSH else b""


def _remove(reply: list[bytes], kind: bytes, places: Iterable[int]) -> None:
    del reply[next(place for place in places if reply[place][:1] == kind)]
