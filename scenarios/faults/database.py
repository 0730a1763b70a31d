"""What happens to the database."""

from typing import Literal

from scenarios.faults.spans import Share, Span
from scenarios.faults.world_fault import WorldFault

type KilledAt = Literal["idle", "statement", "before-commit", "after-commit"]


class SerializationFailure(WorldFault):
    """A transaction is chosen to fail with 40001, at one of its statements or at its COMMIT.

    Entitlement: nothing of the transaction is left. A sound service tries again or lets its client do so.
    """

    where: Literal["database"] = "database"
    kind: Literal["serialization-failure"] = "serialization-failure"
    probability: Share  # of each statement in a transaction, COMMIT among them


class Deadlock(WorldFault):
    """A statement that takes locks is the victim of a deadlock with somebody unseen: 40P01, after the usual second.

    Deadlocks among our own transactions need no fault: they are found and their victim is drawn.

    Entitlement: as for a serialization failure.
    """

    where: Literal["database"] = "database"
    kind: Literal["deadlock"] = "deadlock"
    probability: Share  # of each statement in a transaction that writes rows or locks them


class StatementTimeout(WorldFault):
    """A statement takes long and is cancelled by the server's statement_timeout, with 57014.

    Its transaction keeps the locks that it had until then.

    Entitlement: nothing of the transaction is left, whoever waited for its locks may have given up.
    """

    where: Literal["database"] = "database"
    kind: Literal["statement-timeout"] = "statement-timeout"
    probability: Share  # of each statement
    after_s: Span


class Slow(WorldFault):
    """An answer takes long, and locks are kept meanwhile.

    Entitlement: everything happens as it should, only later. Whoever has stopped waiting knows nothing.
    """

    where: Literal["database"] = "database"
    kind: Literal["slow"] = "slow"
    probability: Share  # of each answer
    delay_s: Span


class BackendKilled(WorldFault):
    """A connection's backend is killed: while it is idle, at a statement, or during COMMIT, before or after its effect.

    At the first two moments the client is told (57P01); whoever is committing just loses the connection.

    Entitlement: a transaction happened whole or not at all. A sound service takes a COMMIT without an answer for
    unknown.
    """

    where: Literal["database"] = "database"
    kind: Literal["backend-killed"] = "backend-killed"
    moment: KilledAt
    probability: Share  # of each time that a connection comes to this moment


class ConnectionsExhausted(WorldFault):
    """Others have taken all the server's connections: new ones get 53300, open ones go on working.

    Entitlement: a sound service answers that it cannot answer now.
    """

    where: Literal["database"] = "database"
    kind: Literal["connections-exhausted"] = "connections-exhausted"
    every_s: Span  # between two of these times
    for_s: Span


class Stall(WorldFault):
    """The server answers nothing for a while, so that the service's own pool of connections runs dry.

    What was asked meanwhile has happened when the answers come at last.

    Entitlement: a sound service answers that it cannot answer now, and is whole again when the server is.
    """

    where: Literal["database"] = "database"
    kind: Literal["stall"] = "stall"
    every_s: Span
    for_s: Span


class ConnectionRefused(WorldFault):
    """The server loses its power: every connection breaks, and nobody listens for a while.

    When it is back it has everything that was committed, and nothing else.

    Entitlement: nothing that was acknowledged is lost. The outcome of a COMMIT that was under way is unknown.
    """

    where: Literal["database"] = "database"
    kind: Literal["connection-refused"] = "connection-refused"
    every_s: Span
    for_s: Span


class ReadOnly(WorldFault):
    """A failover lands on a replica: every connection breaks, and on new ones whatever writes or locks gets 25006.

    After a while there is a primary again, and connections break once more.

    Entitlement: nothing that was acknowledged is lost. What only reads goes on working.
    """

    where: Literal["database"] = "database"
    kind: Literal["read-only"] = "read-only"
    every_s: Span
    for_s: Span


class Failover(WorldFault):
    """The primary dies: every connection breaks and new ones are refused, then a replica answers that cannot write.

    As a cluster does it that promotes a replica by itself: nobody listens while it decides, whoever comes early is let
    in and can only read (25006), and once the replica is the primary all connections break once more. What was
    committed is there; replication has waited for it.

    Entitlement: nothing that was acknowledged is lost. The outcome of a COMMIT that was under way is unknown.
    """

    where: Literal["database"] = "database"
    kind: Literal["failover"] = "failover"
    every_s: Span  # between the end of one and the beginning of the next
    down_s: Span  # while nobody listens
    read_only_s: Span  # while only a replica does


DATABASE_FAULTS = (
    SerializationFailure,
    Deadlock,
    StatementTimeout,
    Slow,
    BackendKilled,
    ConnectionsExhausted,
    Stall,
    ConnectionRefused,
    ReadOnly,
    Failover,
)
