"""Pages: their price with many rows, their filters, and what faults make of them."""

import asyncio
import time

import pytest

INTENTS = "/v1/payment_intents"
MANY = 100_000


def shown(answer):
    return [row["amount"] for row in answer.json()["data"]]


@pytest.fixture
async def five(world):
    """Five payments of 101 to 105, a minute apart; the newest is a minute old."""
    for amount in range(101, 106):
        await world.pay(amount=amount)
        await asyncio.sleep(60)
    return world


async def test_a_page_costs_the_same_however_many_rows_there_are(world):
    await world.pay(amount=100)
    books = world.psp.books
    only = world.payments[0]
    books.payments.update({f"pi_many_{number}": only for number in range(MANY)})
    await world.get(INTENTS, starting_after="pi_many_5")  # the first cursor has the rows counted

    begun_s = time.process_time()
    for number in range(0, MANY, MANY // 100):
        answer = await world.get(INTENTS, limit=5, starting_after=f"pi_many_{number}")
        assert answer.status_code == 200
    newest = await world.get(INTENTS, limit=5)

    assert newest.json()["has_more"]
    assert time.process_time() - begun_s < 1  # a walk from the newest to the middle alone takes some milliseconds


async def test_rows_that_are_gone_are_passed_over(world):
    endpoints = [
        (await world.post("/v1/webhook_endpoints", {"url": "http://127.0.0.1/a", "enabled_events[]": "*"})).json()["id"]
        for _ in range(4)
    ]
    await world.get("/v1/webhook_endpoints", starting_after=endpoints[3])
    await world.client.delete(f"/v1/webhook_endpoints/{endpoints[1]}")

    page = await world.get("/v1/webhook_endpoints", limit=2, starting_after=endpoints[3])
    gone = await world.get("/v1/webhook_endpoints", starting_after=endpoints[1])

    assert [row["id"] for row in page.json()["data"]] == [endpoints[2], endpoints[0]]
    assert gone.json()["error"]["param"] == "starting_after"


async def test_new_rows_do_not_disturb_a_walk(five):
    first = (await five.get(INTENTS, limit=2)).json()
    await five.pay(amount=900)

    second = await five.get(INTENTS, limit=2, starting_after=first["data"][-1]["id"])

    assert shown(second) == [103, 102]


async def test_charges_and_refunds_are_listed_by_what_they_belong_to(five):
    payments = [one["id"] for one in (await five.get(INTENTS)).json()["data"]]
    for payment_id in payments:
        await five.refund(payment_id, amount=10)
        await five.refund(payment_id, amount=20)

    charges = (await five.get("/v1/charges", payment_intent=payments[2])).json()
    charge_id = charges["data"][0]["id"]
    refunds = (await five.get("/v1/refunds", charge=charge_id, limit=1)).json()
    rest = (await five.get("/v1/refunds", charge=charge_id, starting_after=refunds["data"][0]["id"])).json()

    assert [charge["amount"] for charge in charges["data"]] == [103]
    assert [refund["amount"] for refund in (*refunds["data"], *rest["data"])] == [20, 10]
    assert (refunds["has_more"], rest["has_more"]) == (True, False)


async def test_payments_are_listed_by_customer(five):
    customer = (await five.post("/v1/customers")).json()["id"]
    await five.pay(amount=700, customer=customer)

    assert shown(await five.get(INTENTS, customer=customer)) == [700]
    assert shown(await five.get(INTENTS, customer="cus_none")) == []


async def test_a_short_page_says_that_there_is_more(five):
    five.install("short-page", where="books", parameters={"rows_max": 2})

    page = await five.get(INTENTS, limit=4)
    behind = await five.get(INTENTS, limit=4, starting_after=page.json()["data"][-1]["id"])
    last = await five.get(INTENTS, limit=4, starting_after=behind.json()["data"][-1]["id"])

    assert [shown(page), shown(behind), shown(last)] == [[105, 104], [103, 102], [101]]
    assert [one.json()["has_more"] for one in (page, behind, last)] == [True, True, False]
    assert len(five.bites) == 2


async def test_the_newest_are_missing_where_a_fault_wants_it(five):
    five.install("newest-missing", where="books", parameters={"younger_than_s": 130})

    page = await five.get(INTENTS, limit=2)
    behind = await five.get(INTENTS, limit=2, starting_after=page.json()["data"][-1]["id"])

    assert [shown(page), shown(behind)] == [[103, 102], [101]]
    assert len(five.bites) == 1


async def test_a_search_lags_where_a_fault_wants_it(five):
    five.install("search-lag", where="books", parameters={"younger_than_s": 130})

    found = await five.get(f"{INTENTS}/search", query="amount>102")
    listed = await five.get(INTENTS)

    assert shown(found) == [103]
    assert len(shown(listed)) == 5
