"""Which errors of the driver mean what: in the way, out of reach, or our own mistake.

A mistake of ours (a broken constraint, bad SQL) is not translated: it must surface as the bug it is.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from asyncpg.exceptions import InternalClientError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from engine.errors import StoreBusy, StoreUnavailable

# https://www.postgresql.org/docs/current/errcodes-appendix.html
BUSY = frozenset({"55P03", "40P01", "40001"})  # lock not available, deadlock, serialization failure
# The server or the way to it: connection exceptions, insufficient resources, operator intervention, system errors.
UNREACHABLE_CLASSES = ("08", "53", "57", "58")
READ_ONLY = "25006"  # what answers is a replica, as after a failover that is not over yet


@contextmanager
def translated() -> Iterator[None]:
    """Raise the engine's errors instead of the driver's.

    Raises:
        StoreBusy: another transaction is in the way; ours was rolled back.
        StoreUnavailable: no answer; if it happened while committing, nobody knows whether that was done.
    """
    try:
        yield
    except DBAPIError as error:
        sqlstate = getattr(error.orig, "sqlstate", None)
        if sqlstate in BUSY:
            raise StoreBusy from error
        is_away = sqlstate is None or sqlstate == READ_ONLY or sqlstate.startswith(UNREACHABLE_CLASSES)
        if error.connection_invalidated or is_away:
            raise StoreUnavailable from error
        raise
    except (PoolTimeout, TimeoutError, OSError, InternalClientError) as error:
        # InternalClientError is how asyncpg reports a server that vanished in the middle of its protocol.
        raise StoreUnavailable from error
