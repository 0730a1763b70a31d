"""What happens leaves an event in the same commit, once, and nothing at all where nobody listens."""

import asyncio

import pytest
from sqlalchemy import text

from engine.outgoing import EventType
from service.wiring import add_merchant


@pytest.fixture
async def events(bench):
    """Return how to read every event as it is stored, in order."""

    async def read():
        async with bench.database.connect() as connection:
            found = await connection.execute(text("SELECT * FROM outgoing_events ORDER BY occurred_at_us, id"))
            return [dict(row) for row in found.mappings()]

    return read


async def test_a_life_is_told_step_by_step_each_as_it_was_then(bench, events):
    await bench.listen()
    payment_id = (await bench.pay()).json()["id"]
    bench.clock.advance(1)
    refund_id = (await bench.refund(payment_id)).json()["id"]

    told = await events()

    assert [(one["id"], one["type"], one["sequence"], one["refund_id"]) for one in told] == [
        (f"evt_{payment_id}_1", EventType.PAYMENT_CREATED, 1, None),
        (f"evt_{payment_id}_2", EventType.PAYMENT_PROCESSING, 2, None),
        (f"evt_{payment_id}_3", EventType.PAYMENT_SUCCEEDED, 3, None),
        (f"evt_{payment_id}_4", EventType.PAYMENT_REFUNDED, 4, None),
        (f"evt_{refund_id}_1", EventType.REFUND_SUCCEEDED, 1, refund_id),
    ]
    assert [one["snapshot"]["state"] for one in told] == ["CREATED", "PROCESSING", "SUCCESS", "REFUNDED", "SUCCEEDED"]
    assert [one["snapshot"]["captured_minor"] for one in told[:4]] == [0, 0, 1250, 1250]
    assert [one["snapshot"]["refunded_minor"] for one in told[:4]] == [0, 0, 0, 1250]
    assert {one["payment_id"] for one in told} == {payment_id}
    assert {one["merchant_id"] for one in told} == {"shop"}
    assert len(await bench.deliveries()) == 5


async def test_a_failure_and_a_refund_that_failed_are_told_too(bench, events):
    await bench.listen()
    bench.psp.script("create_payment", "decline", "ok")
    failed = (await bench.pay(key="declined")).json()["id"]
    paid = (await bench.pay(key="paid")).json()["id"]
    refund_id = (await bench.refund(paid, amount=50)).json()["id"]
    gone_back = next(one for one in bench.psp.objects.values() if one["id"].startswith("re_"))
    bench.clock.advance(60)
    await bench.tell("refund.failed", gone_back | {"status": "failed"})

    told = {one["id"]: one for one in await events()}

    assert told[f"evt_{failed}_3"]["type"] == EventType.PAYMENT_FAILED
    assert told[f"evt_{failed}_3"]["snapshot"]["failure_reason"] == "insufficient_funds"
    assert [told[f"evt_{refund_id}_{number}"]["type"] for number in (1, 2)] == ["refund.succeeded", "refund.failed"]
    assert told[f"evt_{refund_id}_1"]["snapshot"]["state"] == "SUCCEEDED"
    assert told[f"evt_{refund_id}_2"]["occurred_at_us"] == bench.clock.now_us()
    assert f"evt_{paid}_4" not in told  # the state never moved


async def test_where_nobody_listens_nothing_is_written_and_no_statement_is_sent(bench, events):
    await bench.listen()
    await add_merchant(bench.database, merchant_id="other", name="Other", api_key="pk_other")
    statements = bench.count_statements()
    await bench.pay(key="with")
    with_endpoint = len(statements)
    told = len(await events())
    bench.client.headers["Authorization"] = "Bearer pk_other"
    await bench.client.get("/v1/payments")  # the key is known from now on
    del statements[:]

    await bench.pay(key="with")

    assert len(statements) == with_endpoint
    assert told == len(await events()) == 3


async def test_every_enabled_endpoint_gets_a_delivery_and_no_other(bench, events):
    endpoints = [await bench.listen(key=f"listen-{number}") for number in range(3)]
    await bench.client.patch(f"/v1/endpoints/{endpoints[1]['id']}", json={"status": "disabled"})
    await bench.client.delete(f"/v1/endpoints/{endpoints[2]['id']}")

    await bench.pay()

    assert {one["endpoint_id"] for one in await bench.deliveries()} == {endpoints[0]["id"]}


async def test_what_is_rolled_back_is_not_told(bench, events):
    await bench.listen()
    await bench.run_sql("ALTER TABLE idempotency_keys ADD CONSTRAINT dead CHECK (route NOT LIKE '%payments')")

    with pytest.raises(Exception, match="dead"):
        await bench.pay()

    assert await events() == []


async def test_of_many_who_bring_the_same_news_one_is_told(bench, events):
    await bench.listen()
    bench.psp.script("create_payment", "timeout_after")
    await bench.pay()
    bench.clock.advance(60)
    spoken_of = bench.psp.captured()[0]

    await asyncio.gather(
        bench.deliver(), *(bench.tell("payment_intent.succeeded", spoken_of) for _ in range(3)), return_exceptions=True
    )

    assert [one["type"] for one in await events()] == ["payment.created", "payment.processing", "payment.succeeded"]


async def test_a_change_by_hand_is_told_as_well(bench, events):
    await bench.listen()
    bench.psp.script("create_payment", "timeout_before")
    payment_id = (await bench.pay()).json()["id"]

    await bench.run_sql(
        "WITH moved AS (UPDATE payments SET state = 'FAILED', failure_reason = 'by hand' RETURNING id)"
        " INSERT INTO transitions SELECT id, 3, 'PROCESSING', 'FAILED', 'by hand', 'worker', 7 FROM moved"
    )

    told = {one["id"]: one for one in await events()}[f"evt_{payment_id}_3"]
    assert (told["type"], told["snapshot"]["failure_reason"]) == ("payment.failed", "by hand")


async def test_an_endpoint_that_is_being_changed_keeps_no_payment_waiting(bench):
    endpoint = await bench.listen()

    async with bench.service.usecases.keep_endpoints.store.transaction() as books:
        locked = await books.lock_endpoint(merchant_id="shop", endpoint_id=endpoint["id"])
        await books.save_endpoint(locked.moved("https://shop.example/new"))
        paid = await bench.pay()

    assert (await bench.read(paid.json()["id"]))["status"] == "SUCCESS"


LIES = (
    "UPDATE deliveries SET state = 'lost'",
    "UPDATE deliveries SET due_at_us = NULL",
    "UPDATE deliveries SET state = 'dead', due_at_us = NULL, lease_until_us = 7",
    "UPDATE deliveries SET echo = 'shrug'",
    "UPDATE outgoing_events SET type = 'payment.exploded'",
    "UPDATE endpoints SET secret = NULL",
    "UPDATE endpoints SET url = NULL",
    "UPDATE endpoints SET state = 'disabled'",
    "UPDATE endpoints SET state = 'deleted'",
    "UPDATE endpoints SET old_secret = 'x'",
)


async def test_the_database_refuses_what_must_not_be(bench):
    await bench.listen()
    await bench.pay()

    for lie in LIES:
        with pytest.raises(Exception, match="violates check constraint"):
            await bench.run_sql(lie)
