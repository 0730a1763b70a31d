"""How the books stand, for those who watch them: one statement whose cost does not grow with the tables.

What is unfinished is found by the partial indexes that the worker uses, and counted up to a bound. Finished payments
are counted while there are few, and then estimated from what ANALYZE has seen, as PostgreSQL's planner does.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from engine.lifecycle import PaymentState
from service.store.errors import translated

COUNT_MAX = 10_000  # rows that one part of the statement reads at most


@dataclass(frozen=True, kw_only=True, slots=True)
class Unfinished:
    """Work of one kind that is not finished."""

    count: int  # COUNT_MAX means: at least so many
    oldest_us: int | None  # since when the oldest waits; None if there is none


@dataclass(frozen=True, kw_only=True, slots=True)
class Census:
    """The books, counted."""

    payments: Mapping[str, int]  # by state
    unfinished: Mapping[str, Unfinished]  # by work: capture, refund, event
    discrepancies: Mapping[tuple[str, str], int]  # by kind and state


_CENSUS = text("""
WITH some_payments AS (SELECT state FROM payments LIMIT :count_max),
counted AS (SELECT state, count(*) AS number FROM some_payments GROUP BY state),
estimated AS (
    SELECT word.state, (pg_class.reltuples * word.share)::BIGINT AS number
    FROM pg_class
    JOIN pg_stats ON pg_stats.tablename = pg_class.relname AND pg_stats.attname = 'state'
        AND pg_stats.schemaname = pg_class.relnamespace::regnamespace::TEXT
    CROSS JOIN unnest(pg_stats.most_common_vals::TEXT::TEXT[], pg_stats.most_common_freqs) AS word(state, share)
    WHERE pg_class.oid = 'payments'::regclass AND (SELECT sum(number) FROM counted) >= :count_max
),
unsettled AS (
    SELECT kind, created_at_us FROM attempts WHERE settled_at_us IS NULL ORDER BY due_at_us, id LIMIT :count_max
),
parked AS (
    SELECT received_at_us FROM inbox WHERE state = 'parked' ORDER BY due_at_us, event_id LIMIT :count_max
),
recorded AS (SELECT kind, state FROM discrepancies LIMIT :count_max)
SELECT 'counted' AS part, state AS name, NULL AS state, number, NULL::BIGINT AS oldest_us FROM counted
UNION ALL SELECT 'estimated', state, NULL, number, NULL FROM estimated
UNION ALL SELECT 'unfinished', kind, NULL, count(*), min(created_at_us) FROM unsettled GROUP BY kind
UNION ALL SELECT 'unfinished', 'event', NULL, count(*), min(received_at_us) FROM parked
UNION ALL SELECT 'discrepancies', kind, state, count(*), NULL FROM recorded GROUP BY kind, state
""")


async def take_census(database: AsyncEngine) -> Census:
    """Count the books.

    Raises:
        StoreUnavailable: The database did not answer.
    """
    with translated():
        async with database.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            rows = (await connection.execute(_CENSUS, {"count_max": COUNT_MAX})).all()
    found = {part: [row for row in rows if row.part == part] for part in ("counted", "estimated", "unfinished")}
    unfinished = {work: Unfinished(count=0, oldest_us=None) for work in ("capture", "refund", "event")}
    unfinished |= {row.name: Unfinished(count=row.number, oldest_us=row.oldest_us) for row in found["unfinished"]}
    payments = {row.name: row.number for row in found["estimated"] or found["counted"]}
    return Census(
        payments={state.value: payments.get(state, 0) for state in PaymentState},
        unfinished=unfinished,
        discrepancies={(row.name, row.state): row.number for row in rows if row.part == "discrepancies"},
    )
