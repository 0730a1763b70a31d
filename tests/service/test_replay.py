"""One key, one effect, one answer."""

import asyncio

from service.wiring import add_merchant


async def test_a_replay_in_the_same_process_costs_no_statement_and_no_psp_call(bench):
    first = await bench.pay()
    statements, requests = bench.count_statements(), len(bench.psp.requests)

    again = await bench.pay()

    assert again.content == first.content
    assert again.status_code == first.status_code == 202
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert statements == []
    assert len(bench.psp.requests) == requests


async def test_a_replay_in_another_process_costs_a_claim_and_a_look(bench):
    first = await bench.pay()
    other = await bench.another()
    await other.client.get("/v1/payments")  # the API key is known from here on
    statements = other.count_statements()

    again = await other.pay()

    assert again.content == first.content
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(statements) == 2
    assert bench.psp.count("create_payment") == 1


async def test_two_clicks_at_once_in_two_processes_make_one_payment(bench):
    other = await bench.another()

    answers = await asyncio.gather(*(one.pay(key="click") for one in (bench, other, bench, other)))

    books = await bench.books()
    assert [answer.status_code for answer in answers] == [202] * 4
    assert len({answer.content for answer in answers}) == 1
    assert sorted("Idempotent-Replayed" in answer.headers for answer in answers) == [False, True, True, True]
    assert len(books["payments"]) == len(books["attempts"]) == 1
    assert bench.psp.count("create_payment") == 1


async def test_quoted_and_bare_keys_are_one(bench):
    first = await bench.pay(key="abc")

    again = await bench.pay(key='"abc"')

    assert again.content == first.content


async def test_a_key_with_another_payload_is_refused_and_changes_nothing(bench):
    await bench.pay(amount=1250)

    for process in (bench, await bench.another()):
        refused = await process.pay(amount=1251)
        assert refused.status_code == 422
        assert refused.json()["type"] == "/problems/idempotency-key-reused"

    assert len((await bench.books())["payments"]) == 1


async def test_spelling_does_not_change_the_meaning_of_a_request(bench):
    first = await bench.pay(metadata={"a": "1", "b": "2"})

    again = await bench.pay(metadata={"b": "2", "a": "1"}, description=None)

    assert again.content == first.content


async def test_keys_of_different_merchants_and_routes_do_not_meet(bench):
    await add_merchant(bench.database, merchant_id="other", name="Other", api_key="pk_other")
    paid = await bench.pay(key="same")

    bench.client.headers["Authorization"] = "Bearer pk_other"
    theirs = await bench.pay(key="same", amount=99)
    bench.client.headers["Authorization"] = "Bearer pk_shop"
    refunded = await bench.refund(paid.json()["id"], key="same")

    assert theirs.status_code == 202
    assert theirs.json()["amount"] == 99
    assert refunded.status_code == 202
    assert refunded.json()["object"] == "refund"


async def test_a_key_in_flight_is_a_conflict_that_may_be_retried(bench):
    await bench.client.get("/v1/payments")
    async with bench.database.connect() as slow:  # the first request, which has not committed
        await slow.exec_driver_sql(
            "INSERT INTO idempotency_keys (merchant_id, route, key, fingerprint, created_at_us, expires_at_us)"
            f" VALUES ('shop', 'POST /v1/payments', 'key-1', 'x', 0, {2 * bench.clock.now_us()})"
        )

        conflict = await bench.pay()

    retried = await bench.pay()
    assert conflict.status_code == 409
    assert conflict.json()["type"] == "/problems/request-in-flight"
    assert conflict.headers["Retry-After"] == "1"
    assert retried.status_code == 202
    assert "Idempotent-Replayed" not in retried.headers


async def test_a_key_is_forgotten_when_its_retention_is_over(bench):
    first = await bench.pay()
    bench.clock.advance(86_400)

    second = await bench.pay()

    assert second.status_code == 202
    assert second.json()["id"] != first.json()["id"]


async def test_the_worker_deletes_keys_whose_retention_is_over(bench):
    await bench.pay()
    bench.clock.advance(86_401)

    await bench.service.worker.tick()
    bench.clock.advance(3_600)  # a worker looks after an hour at the latest
    await bench.service.worker.tick()

    assert (await bench.books())["idempotency_keys"] == []


async def test_a_missing_doubled_or_impossible_key_is_a_bad_request(bench):
    body = {"amount": 1, "currency": "EUR", "payment_method": "pm"}

    missing = await bench.client.post("/v1/payments", json=body)
    doubled = await bench.client.post(
        "/v1/payments", json=body, headers=[("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
    )
    empty = await bench.pay(key='""')

    assert [answer.status_code for answer in (missing, doubled, empty)] == [400, 400, 400]
    assert missing.json()["type"] == "/problems/idempotency-key-missing"
    assert doubled.json()["type"] == empty.json()["type"] == "/problems/idempotency-key-invalid"
    assert missing.headers["Content-Type"] == "application/problem+json"


async def test_invalid_requests_are_not_remembered(bench):
    refused = await bench.pay(amount=0)

    corrected = await bench.pay(amount=1)

    assert refused.status_code == 400
    assert corrected.status_code == 202


async def test_a_failure_of_the_database_is_not_remembered(bench):
    await bench.client.get("/v1/payments")
    other = await bench.another()
    await other.run_sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE pid <> pg_backend_pid() AND datname = current_database()"
    )

    broken = await bench.pay()
    healed = await bench.pay()

    assert broken.status_code == 503
    assert broken.headers["Retry-After"] == "1"
    assert healed.status_code == 202
    assert "Idempotent-Replayed" not in healed.headers
