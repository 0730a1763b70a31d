"""The database fails in every way that databases fail: what was promised still holds when it is back."""

from psp_chaos.faults.spec import FaultSpec
from scenarios.faults.database import (
    BackendKilled,
    ConnectionRefused,
    ConnectionsExhausted,
    Deadlock,
    ReadOnly,
    SerializationFailure,
    Slow,
    Stall,
    StatementTimeout,
)
from scenarios.spec import Scenario

FAILING_DATABASE = Scenario(
    name="failing-database",
    story=(
        "The database has a bad day. Transactions fail to serialize and die in deadlocks, statements take long and are "
        "cancelled, connections break while they are idle, busy or committing, and every few minutes the whole server "
        "stalls, restarts, runs out of connections or fails over to a replica that cannot write. A COMMIT without an "
        "answer may have happened or not: whoever clicks again must neither pay twice nor lose what was accepted."
    ),
    scripts={"patient": 5, "double-clicker": 6, "impatient": 5, "two-tabs": 2, "refunder": 4},
    storm_s=1_800,
    calm_s=7_200,
    final_within_s=3_600,
    psp_asynchronous_share=0.2,
    service={"pool_size": 4},  # few, so that a stall empties the pool
    faults=(
        SerializationFailure(id="cannot-serialize", probability=0.03),
        Deadlock(id="deadlock", probability=0.03),
        StatementTimeout(id="statement-timeout", probability=0.003, after_s=(1, 10)),
        Slow(id="database-slow", probability=0.02, delay_s=(0.05, 3)),
        BackendKilled(id="killed-idle", moment="idle", probability=0.005),
        BackendKilled(id="killed-at-work", moment="statement", probability=0.005),
        BackendKilled(id="killed-before-commit", moment="before-commit", probability=0.02),
        BackendKilled(id="killed-after-commit", moment="after-commit", probability=0.04),
        ConnectionsExhausted(id="too-many-clients", every_s=(60, 300), for_s=(1, 20)),
        Stall(id="database-stalls", every_s=(120, 400), for_s=(1, 50)),
        ConnectionRefused(id="database-down", every_s=(120, 400), for_s=(1, 30)),
        ReadOnly(id="failover", every_s=(120, 400), for_s=(1, 30)),
        FaultSpec(id="answer-lost", where="reply", kind="drop-after", probability=0.05),
        FaultSpec(id="webhook-twice", where="webhook", kind="doubled", probability=0.2, parameters={"gap_s": [0, 2]}),
    ),
)
