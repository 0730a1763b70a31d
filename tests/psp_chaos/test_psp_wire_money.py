"""The balance, its transactions, payouts and disputes over the wire."""

import asyncio

import pytest

DAY_S = 86_400
TRANSACTIONS = "/v1/balance_transactions"


async def lines(world, **query):
    return (await world.get(TRANSACTIONS, **query)).json()["data"]


async def test_a_charge_settles_less_its_fee_and_becomes_available(world):
    payment = (await world.pay(amount=10_000)).json()

    (pending,) = await lines(world, source=payment["latest_charge"])
    await asyncio.sleep(2 * DAY_S)
    available = (await world.get(f"{TRANSACTIONS}/{pending['id']}")).json()

    assert (pending["amount"], pending["fee"], pending["net"]) == (10_000, 320, 9_680)
    assert [(fee["amount"], fee["type"]) for fee in pending["fee_details"]] == [(320, "stripe_fee")]
    assert pending["available_on"] - pending["created"] == 2 * DAY_S
    assert available == {**pending, "status": "available"}


async def test_each_movement_has_its_type_and_category(world):
    payment = (await world.pay(card="pm_card_refundFail")).json()
    await world.refund(payment["id"])
    await world.pay(card="pm_card_createDispute")

    await asyncio.sleep(120)

    found = [(line["type"], line["reporting_category"], line["amount"]) for line in await lines(world)]
    assert found[::-1] == [
        ("charge", "charge", 1000),
        ("refund", "refund", -1000),
        ("charge", "charge", 1000),
        ("adjustment", "dispute", -1000),
        ("refund_failure", "refund_failure", 1000),
    ]


async def test_transactions_are_filtered(world):
    await world.pay(currency="eur")
    dollars = (await world.pay(currency="usd")).json()
    refund = (await world.refund(dollars["id"])).json()

    assert [line["currency"] for line in await lines(world, currency="usd")] == ["usd", "usd"]
    assert [line["source"] for line in await lines(world, type="refund")] == [refund["id"]]
    assert [line["id"] for line in await lines(world, type="refund")] == [refund["balance_transaction"]]
    assert await lines(world, source="ch_none") == []


async def test_a_refund_that_failed_shows_both_its_movements(world):
    payment = (await world.pay(card="pm_card_refundFail")).json()
    refund = (await world.refund(payment["id"])).json()

    await world.quiet()

    failed = (await world.get(f"/v1/refunds/{refund['id']}", **{"expand[]": "failure_balance_transaction"})).json()
    assert failed["balance_transaction"] == refund["balance_transaction"]
    assert failed["failure_balance_transaction"]["amount"] == 1000
    assert (failed["status"], failed["failure_reason"]) == ("failed", "expired_or_canceled_card")


async def test_a_line_that_is_not_reported_is_nowhere(world):
    world.install("settlement-row-missing", where="books")

    payment = (await world.pay(**{"expand[]": "latest_charge"})).json()

    assert payment["latest_charge"]["balance_transaction"] is None
    assert await lines(world) == []


async def test_a_line_that_is_reported_late_is_missing_until_then(world):
    world.install("settlement-row-late", where="books", parameters={"delay_s": [DAY_S, DAY_S]})
    payment = (await world.pay()).json()
    line_id = next(iter(world.psp.realms.first.settlement.lines))

    before = await world.get(f"{TRANSACTIONS}/{line_id}")
    await asyncio.sleep(DAY_S)
    after = await world.get(f"{TRANSACTIONS}/{line_id}")

    assert before.status_code == 404
    assert after.json()["source"] == payment["latest_charge"]


async def test_an_empty_balance_has_nothing_of_something(world):
    balance = (await world.get("/v1/balance")).json()

    assert balance["object"] == "balance"
    assert [fund["amount"] for fund in (*balance["available"], *balance["pending"])] == [0, 0]


async def test_an_automatic_payout_knows_what_it_is_made_of(open_world):
    world = open_world(payout_every_s=3 * DAY_S)
    world.psp.resume()
    charges = [(await world.pay(amount=10_000)).json()["latest_charge"] for _ in range(2)]

    await asyncio.sleep(3 * DAY_S + 1)

    (payout,) = (await world.get("/v1/payouts", status="in_transit")).json()["data"]
    parts = await lines(world, payout=payout["id"])
    balance = (await world.get("/v1/balance")).json()
    assert (payout["automatic"], payout["amount"]) == (True, 2 * 9_680)
    assert [line["source"] for line in parts] == [payout["id"], *charges[::-1]]
    assert sum(line["net"] for line in parts) == 0
    assert balance["available"][0]["amount"] == 0


async def test_a_payout_is_called_back_only_before_it_leaves(world):
    await world.pay(amount=10_000)
    await asyncio.sleep(2 * DAY_S)
    first, second = [(await world.post("/v1/payouts", {"amount": 500, "currency": "eur"})).json() for _ in range(2)]

    canceled = await world.post(f"/v1/payouts/{first['id']}/cancel")
    await asyncio.sleep(DAY_S + 1)
    refused = await world.post(f"/v1/payouts/{second['id']}/cancel")

    assert canceled.json()["status"] == "canceled"
    assert canceled.json()["failure_balance_transaction"] != first["balance_transaction"]
    assert (refused.status_code, refused.json()["error"].get("code")) == (400, None)
    assert [one["id"] for one in (await world.get("/v1/payouts", status="paid")).json()["data"]] == [second["id"]]


async def test_words_about_a_payout_may_change(world):
    await world.pay(amount=10_000)
    await asyncio.sleep(2 * DAY_S)
    payout = (await world.post("/v1/payouts", {"amount": 500, "currency": "eur", "metadata[a]": "1"})).json()

    updated = (await world.post(f"/v1/payouts/{payout['id']}", {"metadata[a]": "", "metadata[b]": "2"})).json()

    assert updated["metadata"] == {"b": "2"}


async def disputed(world):
    await world.pay(card="pm_card_createDispute")
    return (await world.get("/v1/disputes")).json()["data"][0]


async def test_a_dispute_that_is_well_answered_is_won(world):
    dispute = await disputed(world)
    path = f"/v1/disputes/{dispute['id']}"

    drafted = (await world.post(path, {"evidence[uncategorized_text]": "winning_evidence", "submit": "false"})).json()
    handed_in = (await world.post(path, {"metadata[by]": "us"})).json()
    await asyncio.sleep(120)
    decided = (await world.get(path)).json()

    assert (drafted["status"], drafted["evidence_details"]["submission_count"]) == ("needs_response", 0)
    assert (handed_in["status"], handed_in["evidence_details"]["has_evidence"]) == ("under_review", True)
    assert (decided["status"], decided["metadata"]) == ("won", {"by": "us"})
    assert [line["amount"] for line in decided["balance_transactions"]] == [-1000, 1000]


async def test_evidence_is_taken_back_by_nothing(world):
    dispute = await disputed(world)
    path = f"/v1/disputes/{dispute['id']}"
    await world.post(path, {"evidence[customer_name]": "J", "evidence[receipt]": "r", "submit": "false"})

    updated = (await world.post(path, {"evidence[receipt]": "", "submit": "false"})).json()

    assert (updated["evidence"]["customer_name"], updated["evidence"]["receipt"]) == ("J", None)


async def test_a_dispute_that_is_over_cannot_be_answered(world):
    dispute = await disputed(world)
    closed = (await world.post(f"/v1/disputes/{dispute['id']}/close")).json()

    refused = await world.post(f"/v1/disputes/{dispute['id']}", {"evidence[customer_name]": "J"})

    assert closed["status"] == "lost"
    assert refused.status_code == 400


async def test_a_disputed_charge_says_so_and_is_not_refunded(world):
    dispute = await disputed(world)

    charge = (await world.get(f"/v1/charges/{dispute['charge']}")).json()
    refused = await world.refund(dispute["payment_intent"])

    assert charge["disputed"]
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "charge_disputed")


@pytest.mark.parametrize(("by", "count"), [("charge", 1), ("payment_intent", 1)])
async def test_disputes_are_listed_by_what_they_are_about(world, by, count):
    dispute = await disputed(world)
    await world.pay(card="pm_card_createDispute")

    listed = (await world.get("/v1/disputes", **{by: dispute[by]})).json()["data"]

    assert [one["id"] for one in listed] == [dispute["id"]] * count
