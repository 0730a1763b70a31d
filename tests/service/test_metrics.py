"""What is scraped is true, bounded, and not for everybody."""

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from engine.lifecycle import PaymentState
from service.store.census import COUNT_MAX, take_census


@pytest.fixture
async def watched(bench):
    return await bench.another(watched=True)


async def _scraped(bench, **headers):
    answer = await bench.client.get("/metrics", headers=headers)
    assert answer.status_code == 200, answer.text
    return {
        (sample.name.removeprefix("paystorm_"), *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


async def test_a_scrape_tells_what_happened_and_how_the_books_stand(watched):
    await watched.pay(key="good")
    watched.psp.script("create_payment", "decline")
    await watched.pay(key="declined")
    watched.psp.script("create_payment", "timeout_before")
    await watched.pay(key="unknown")
    watched.clock.advance(7)

    found = await _scraped(watched)

    states = {state.value: found["payments", state.value] for state in PaymentState}
    assert states == {"CREATED": 0, "PROCESSING": 1, "SUCCESS": 1, "FAILED": 1, "REFUNDED": 0}
    assert found["payment_moves_total", "dispatch", "SUCCESS"] == 1
    assert found["payment_moves_total", "api", "CREATED"] == 3
    assert found["requests_total", "POST", "/v1/payments", "202"] == 3
    assert found["psp_calls_total", "succeeded", "send"] == 1
    assert found["psp_calls_total", "unknown", "send"] == 1
    assert (found["unfinished", "capture"], found["oldest_unfinished_seconds", "capture"]) == (1, 7)
    assert (found["unfinished", "event"], found["oldest_unfinished_seconds", "event"]) == (0, 0)
    assert (found["pool_connections", "size"], found["pool_connections", "in_use"]) == (5, 0)
    assert (found["psp_circuit", "closed"], found["psp_circuit", "open"]) == (1, 0)


async def test_healing_is_timed_from_the_first_question_to_the_last_word(watched):
    watched.psp.script("create_payment", "timeout_after")
    await watched.pay()
    watched.clock.advance(40)

    await watched.service.worker.tick()

    found = await _scraped(watched)
    assert (found["heal_seconds_count", "capture"], found["heal_seconds_sum", "capture"]) == (1, 40)


async def test_a_cancel_is_told_by_its_questions_and_its_moves(watched):
    watched.psp.script("create_payment", "timeout_before")
    payment_id = (await watched.pay()).json()["id"]

    await watched.cancel(payment_id)

    found = await _scraped(watched)
    assert found["psp_calls_total", "pending", "forestall"] == 1
    assert found["psp_calls_total", "failed", "cancel"] == 1
    assert found["payment_moves_total", "dispatch", "FAILED"] == 1


async def test_discrepancies_are_counted_by_kind_and_state(watched):
    watched.psp.script("create_payment", "refuse")
    await watched.pay()
    (attempt,) = (await watched.books())["attempts"]
    late = {"id": "pi_x", "status": "succeeded", "amount": 1250, "amount_received": 1250, "currency": "eur"}
    await watched.tell("payment_intent.succeeded", late | {"metadata": {"attempt_id": attempt["id"]}})

    assert (await _scraped(watched))["discrepancies", "late-capture", "open"] == 1


async def test_what_was_rolled_back_is_not_counted(watched):
    await watched.run_sql("ALTER TABLE idempotency_keys ADD CHECK (body IS NULL)")

    assert (await watched.pay()).status_code == 500

    assert ("payment_moves_total", "api", "CREATED") not in await _scraped(watched)


async def test_the_books_are_asked_once_in_a_while_by_one_statement(watched):
    statements = watched.count_statements()
    for _ in range(5):
        await _scraped(watched)
    watched.clock.advance(watched.settings.metrics_cache_s)
    await _scraped(watched)

    assert len(statements) == 2


async def test_without_a_database_the_rest_is_still_told(watched):
    await watched.pay()
    await watched.run_sql("ALTER TABLE payments RENAME TO gone")
    await watched.run_sql("CREATE VIEW payments AS SELECT pg_sleep(60)::TEXT AS state")

    found = await _scraped(watched)

    assert found["requests_total", "POST", "/v1/payments", "202"] == 1
    assert ("payments", "SUCCESS") not in found


async def test_two_services_in_one_process_do_not_share_a_registry(bench, watched):
    other = await bench.another(watched=True)
    await other.client.get("/v1/payments")

    assert ("requests_total", "GET", "/v1/payments", "200") not in await _scraped(watched)


async def test_unknown_paths_and_methods_do_not_make_new_series(watched):
    for path in ("/a", "/b", "/wp-login.php"):
        await watched.client.request("PROPFIND", path)

    found = await _scraped(watched)
    assert [key for key in found if key[0] == "requests_total"] == [("requests_total", "none", "none", "404")]


@pytest.mark.parametrize(("host", "status"), [("127.0.0.1", 200), ("::1", 200), ("10.0.0.7", 404)])
async def test_without_a_token_only_this_machine_may_scrape(watched, host, status):
    transport = httpx.ASGITransport(watched.service.app, client=(host, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
        assert (await client.get("/metrics")).status_code == status


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer wrong", "Bearer s3cre", "Bearer pk_shop", "s3cret"])
async def test_with_a_token_nobody_scrapes_without_it(bench, given):
    guarded = await bench.another(watched=True, metrics_token="s3cret")

    assert (await guarded.client.get("/metrics", headers={"Authorization": given})).status_code == 404
    assert await _scraped(guarded, Authorization="Bearer s3cret")


async def test_the_census_costs_no_more_when_the_tables_grow(bench):
    await bench.pay()
    await bench.run_sql("ALTER TABLE payments DISABLE TRIGGER USER")
    await bench.run_sql(
        "INSERT INTO payments SELECT 'pay_' || n, 'shop', NULL, 5, 'EUR', 'x', NULL, '{}',"
        " CASE WHEN n % 4 = 0 THEN 'FAILED' ELSE 'SUCCESS' END, CASE WHEN n % 4 = 0 THEN 'x' END,"
        f" CASE WHEN n % 4 = 0 THEN 0 ELSE 5 END, 0, 0, 0 FROM generate_series(1, {4 * COUNT_MAX}) n"
    )
    async with bench.database.connect() as connection:
        await (await connection.execution_options(isolation_level="AUTOCOMMIT")).execute(text("ANALYZE"))

    census = await take_census(bench.database)

    assert census.payments["SUCCESS"] == pytest.approx(3 * COUNT_MAX, rel=0.05)
    assert census.payments["FAILED"] == pytest.approx(COUNT_MAX, rel=0.1)


async def test_a_pool_that_is_used_up_shows(bench):
    watched = await bench.another(watched=True, pool_size=2, pool_timeout_s=0.2)
    async with watched.database.connect():
        found = await _scraped(watched)
        async with watched.database.connect():
            refused = await watched.client.get("/v1/payments")

    assert found["pool_connections", "in_use"] == 1
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
