"""Faults of what the books show: each distorts what is read as it says, and never what is true."""

import asyncio

import pytest

from psp_chaos.faults import MENU

LIST, SEARCH, REPORT = "/v1/payment_intents", "/v1/payment_intents/search", "/v1/balance_transactions"


async def ids(world, path=LIST, **query):
    answer = await world.get(path, **query)
    assert answer.status_code == 200
    return [row["id"] for row in answer.json()["data"]]


async def payments(world, count):
    """Make payments and return their identifiers, newest first."""
    made = [(await world.pay(**{"metadata[shop]": "one"})).json()["id"] for _ in range(count)]
    return made[::-1]


async def report(world, **query):
    """Return what the settlement says: type and amount, oldest first."""
    rows = (await world.get(REPORT, **query)).json()["data"]
    return [(row["type"], row["amount"]) for row in reversed(rows)]


async def pay_and_refund(world):
    payment = (await world.pay()).json()
    await world.refund(payment["id"], amount=400)
    return payment


def test_every_kind_of_the_books_is_shown_here():
    assert {kind for kind, fault in MENU.items() if fault.where == "books"} == {*READING, *SETTLEMENT}


async def test_short_page_ends_each_page_early_and_leads_to_the_end(world):
    made = await payments(world, 5)
    world.install("short-page", where="books", parameters={"rows_max": 2})

    page = (await world.get(LIST, limit=4)).json()
    seen, has_more = [], True
    while has_more:
        cursor = {"starting_after": seen[-1]} if seen else {}
        rest = (await world.get(LIST, limit=4, **cursor)).json()
        seen, has_more = [*seen, *(row["id"] for row in rest["data"])], rest["has_more"]

    assert ([row["id"] for row in page["data"]], page["has_more"]) == (made[:2], True)
    assert seen == made
    assert {bite.target for bite in world.bites} == {"list_payments"}


async def test_a_page_that_is_short_by_itself_is_not_bitten(world):
    made = await payments(world, 2)
    world.install("short-page", where="books", parameters={"rows_max": 2})

    assert await ids(world) == made
    assert world.bites == []


async def test_short_page_shortens_searches_too(world):
    made = await payments(world, 3)
    world.install("short-page", where="books", parameters={"rows_max": 1})

    first = (await world.get(SEARCH, query="metadata['shop']:'one'")).json()
    second = (await world.get(SEARCH, query="metadata['shop']:'one'", page=first["next_page"])).json()

    assert [row["id"] for found in (first, second) for row in found["data"]] == made[:2]


async def test_newest_missing_hides_the_young_from_lists_and_from_nothing_else(world):
    (old,) = await payments(world, 1)
    await asyncio.sleep(100)
    (young,) = await payments(world, 1)
    world.install("newest-missing", where="books", parameters={"younger_than_s": 60})

    listed_at_once = await ids(world)
    retrieved = await world.get(f"{LIST}/{young}")
    found = await ids(world, SEARCH, query="metadata['shop']:'one'")
    await asyncio.sleep(60)

    assert listed_at_once == [old]
    assert retrieved.json()["status"] == "succeeded"
    assert found == [young, old]
    assert await ids(world) == [young, old]
    assert len(world.bites) == 1


async def test_newest_missing_hides_refunds_as_well(world):
    await pay_and_refund(world)
    world.install("newest-missing", where="books", selector={"operation": "list_refunds"})

    assert await ids(world, "/v1/refunds") == []
    assert len(await ids(world)) == 1


async def test_search_lag_hides_the_young_from_searches_and_from_nothing_else(world):
    made = await payments(world, 2)
    world.install("search-lag", where="books", parameters={"younger_than_s": 60})

    found_at_once = await ids(world, SEARCH, query="metadata['shop']:'one'")
    listed = await ids(world)
    await asyncio.sleep(60)

    assert (found_at_once, listed) == ([], made)
    assert await ids(world, SEARCH, query="metadata['shop']:'one'") == made
    assert [bite.target for bite in world.bites] == ["search_payments"]


async def test_stale_read_shows_an_object_as_its_events_showed_it_then(open_world):
    world = open_world(asynchronous_share=1, asynchronous_s=(60, 60))
    payment = (await world.pay()).json()
    await asyncio.sleep(100)
    world.install("stale-read", where="books", nth=[1], parameters={"age_s": 50})

    past, now = [(await world.get(f"{LIST}/{payment['id']}")).json() for _ in range(2)]

    (created,) = (await world.get("/v1/events", type="payment_intent.created")).json()["data"]

    assert past == created["data"]["object"]
    assert past["amount_received"] == 0
    assert (now["status"], now["amount_received"]) == ("succeeded", 1000)


async def test_stale_read_shows_nothing_of_what_did_not_exist(world):
    payment = (await world.pay()).json()
    world.install("stale-read", where="books", parameters={"age_s": 50})

    missing = await world.get(f"{LIST}/{payment['id']}")
    await asyncio.sleep(51)

    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "resource_missing")
    assert (await world.get(f"{LIST}/{payment['id']}")).json()["status"] == "succeeded"
    assert len(world.bites) == 1


async def test_a_stale_refund_is_still_pending(world):
    payment = (await world.pay()).json()
    world.install("refund-pending", parameters={"delay_s": [60, 60]})
    refund = (await world.refund(payment["id"])).json()
    await asyncio.sleep(100)
    world.install("stale-read", where="books", name="stale", parameters={"age_s": 50})

    assert (await world.get(f"/v1/refunds/{refund['id']}")).json()["status"] == "pending"


async def test_without_a_fault_the_report_has_a_row_for_each_movement(world):
    await pay_and_refund(world)

    assert await report(world) == [("charge", 1000), ("refund", -400)]


async def test_settlement_row_missing_reports_nothing_ever(world):
    world.install("settlement-row-missing", where="books", selector={"movement": "capture"})
    payment = await pay_and_refund(world)
    await asyncio.sleep(1_000_000)

    assert await report(world) == [("refund", -400)]
    assert (await world.get(f"{LIST}/{payment['id']}")).json()["amount_received"] == 1000
    assert [(bite.target, bite.object_id) for bite in world.bites] == [("capture", payment["latest_charge"])]


async def test_settlement_row_doubled_reports_twice_under_two_identifiers(world):
    world.install("settlement-row-doubled", where="books", nth=[1])
    payment = await pay_and_refund(world)

    assert await report(world) == [("charge", 1000), ("charge", 1000), ("refund", -400)]
    assert len(set(await ids(world, REPORT, source=payment["latest_charge"]))) == 2
    assert world.captured_minor == 1000


@pytest.mark.parametrize("by_minor", [7, -7])
async def test_settlement_row_wrong_reports_another_amount(world, by_minor):
    world.install("settlement-row-wrong", where="books", parameters={"by_minor": by_minor})
    await pay_and_refund(world)

    assert await report(world) == [("charge", 1000 + by_minor), ("refund", -400 + by_minor)]
    assert [movement.amount_minor for movement in world.psp.ledger.movements.values()] == [1000, -400]


async def test_settlement_row_late_reports_days_later_with_the_time_of_the_movement(world):
    world.install("settlement-row-late", where="books", selector={"movement": "refund"})
    await pay_and_refund(world)

    at_once = await report(world)
    await asyncio.sleep(86_390)
    nearly_a_day_later = await report(world)
    await asyncio.sleep(2 * 86_400 + 20)
    (row,) = (await world.get(REPORT, type="refund")).json()["data"]

    assert at_once == nearly_a_day_later == [("charge", 1000)]
    assert await report(world) == [("charge", 1000), ("refund", -400)]
    assert row["created"] == world.psp.ledger.movements[row["id"]].at_us // 1_000_000


READING = ("short-page", "newest-missing", "stale-read", "search-lag")
SETTLEMENT = ("settlement-row-missing", "settlement-row-doubled", "settlement-row-wrong", "settlement-row-late")
OTHERS = {
    "operation": {"short-page": "list_disputes", "newest-missing": "list_disputes", "search-lag": "search_customers"},
    "payment": "pi_of_somebody_else",
    "account": "acct_of_somebody_else",
    "metadata": {"order_id": "another"},
    "movement": "payout",
}


def elsewhere(kind):
    """Give every way in which this kind can be told to hit somebody else."""
    yield "window", {"window": {"from_s": 1_000_000}}
    yield "nth", {"nth": [100]}
    yield "schedule", {"schedule": [1_000_000]}
    yield "probability", {"probability": 0}
    for trait in MENU[kind].selectors:
        other = OTHERS[trait]
        yield trait, {"selector": {trait: other.get(kind, "retrieve_dispute") if trait == "operation" else other}}


async def look_round(world):
    """Pay and refund some, and read everything that a fault could distort."""
    for _ in range(3):
        await pay_and_refund(world)
    payment, refund = world.payments[-1].id, next(reversed(world.psp.books.refunds))
    paths = (LIST, REPORT, f"{LIST}/{payment}", f"/v1/refunds/{refund}", "/v1/refunds")
    answers = [await world.get(path) for path in paths]
    answers.append(await world.get(SEARCH, query="status:'succeeded'"))
    answers.append(await world.get("/v1/refunds", payment_intent=payment))
    return [answer.json() for answer in answers]


@pytest.mark.parametrize("kind", [*READING, *SETTLEMENT])
async def test_a_fault_of_the_books_bites_whoever_looks_round(world, kind):
    world.install(kind, where="books")

    await look_round(world)

    assert world.psp.faults.counts["the-fault"].bit == len(world.bites) > 0


@pytest.mark.parametrize(
    ("kind", "others"),
    [
        pytest.param(kind, others, id=f"{kind}-{name}")
        for kind in (*READING, *SETTLEMENT)
        for name, others in elsewhere(kind)
    ],
)
async def test_a_fault_of_the_books_leaves_others_alone(open_world, kind, others):
    expected = await look_round(open_world())
    world = open_world()
    world.install(kind, where="books", **others)

    seen = await look_round(world)

    assert [shape(content) for content in seen] == [shape(content) for content in expected]
    assert world.bites == []


def shape(content):
    """Return what of an answer does not depend on names and times."""
    if content["object"] in ("list", "search_result"):
        return content["object"], content["has_more"], [shape(row) for row in content["data"]]
    return content["object"], content["amount"], content.get("status")
