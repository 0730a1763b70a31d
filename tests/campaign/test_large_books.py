"""The service's statements on large books, and what the benchmarks of the service stand on.

The books are real ones of 50,000 payments: large enough for PostgreSQL to plan as it would with a million.
"""

import asyncio
from collections.abc import Iterator

import asyncpg
import pytest

from benchmarks.effort import QUICK
from benchmarks.heals import measure_heals
from benchmarks.pgbench import recorded_script, run_pgbench
from benchmarks.plans import examined, sent_by_reads, sent_in_scenarios
from benchmarks.replays import measure_replays
from benchmarks.site import Site, benchmark_server, site

pytestmark = [pytest.mark.campaign, pytest.mark.timeout(300)]

PAYMENTS = 50_000


@pytest.fixture(scope="module")
def books() -> Iterator[Site]:
    with benchmark_server() as server, site(server, payments=PAYMENTS) as one:
        yield one


@pytest.fixture(scope="module")
def statements(books: Site) -> list[tuple[str, object]]:
    return [*sent_in_scenarios(), *asyncio.run(sent_by_reads(books))]


def test_the_books_are_as_the_service_would_have_written_them(books):
    # What the triggers and foreign keys would have refused, had they been asked.
    wrong = """
        SELECT count(*) FROM payments
        WHERE captured_minor <> coalesce((SELECT payments.amount_minor FROM attempts
                WHERE payment_id = payments.id AND kind = 'capture' AND attempts.state = 'SUCCEEDED'), 0)
            OR refunded_minor <> (SELECT coalesce(sum(amount_minor), 0) FROM refunds
                WHERE payment_id = payments.id AND refunds.state = 'SUCCEEDED')
            OR state <> (SELECT to_state FROM transitions WHERE payment_id = payments.id ORDER BY sequence DESC LIMIT 1)
            OR NOT EXISTS (SELECT FROM merchants WHERE merchants.id = merchant_id)
    """

    assert books.fetch("SELECT count(*) FROM payments") == PAYMENTS
    assert books.fetch("SELECT count(DISTINCT state) FROM payments") == 4
    assert books.fetch(wrong) == 0


def test_no_statement_of_the_service_reads_a_large_table_from_end_to_end(books, statements):
    plans = asyncio.run(examined(books.dsn, statements))

    assert len({plan.statement for plan in plans}) > 40
    assert [plan for plan in plans if plan.is_bad] == []


def test_a_missing_index_is_noticed(books, statements):
    asyncio.run(_execute(books, "DROP INDEX payments_in_state"))
    try:
        plans = asyncio.run(examined(books.dsn, statements))
    finally:
        asyncio.run(
            _execute(books, "CREATE INDEX payments_in_state ON payments (merchant_id, state, created_at_us, id)")
        )

    assert any(plan.reads_whole == ("payments",) for plan in plans)


def test_pgbench_does_what_the_service_does(books):
    script = recorded_script(books)
    settled = """
        SELECT count(*) FROM attempts JOIN payments ON payments.id = payment_id
        WHERE attempts.state = 'SUCCEEDED' AND payments.state = 'SUCCESS' AND captured_minor = amount_minor
            AND 3 = (SELECT count(*) FROM transitions WHERE transitions.payment_id = payments.id)
            AND EXISTS (SELECT FROM idempotency_keys WHERE key = order_id) AND length(payments.id) = 18
    """
    before = books.fetch(settled)

    rate = run_pgbench(books, script, connections=2, seconds=1)

    assert (script.round_trips, script.transactions) == (6, 3)
    assert books.fetch(settled) - before >= rate / 2 > 0


def test_replays_cost_no_sql_and_a_worker_heals_what_is_lost(books):
    replays = {reading.what: reading.values for reading in measure_replays(books, QUICK)}
    (heals,) = measure_heals(books, QUICK)

    assert replays["SQL statements of all replays"] == [0]
    assert all(rate > 0 for rate in heals.values)
    assert books.fetch("SELECT count(*) FROM attempts WHERE id LIKE 'att_lost%' AND state <> 'SUCCEEDED'") == 0


async def _execute(books: Site, statement: str) -> None:
    connection = await asyncpg.connect(books.dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
