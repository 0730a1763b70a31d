"""Events: which of them tell of a change, what they say, and how long they are kept."""

import asyncio

import pytest

from psp_chaos.settings import ApiKey

WON = "winning_evidence"


async def told(world, *, since=0):
    """Return the types of all events, oldest first."""
    listed = (await world.get("/v1/events", limit=100)).json()["data"]
    return [event["type"] for event in reversed(listed)][since:]


async def newest(world, event_type):
    return (await world.get("/v1/events", type=event_type, limit=1)).json()["data"][0]


async def test_a_payment_is_told_by_its_charge_and_itself(world):
    payment = (await world.pay()).json()

    types = await told(world)

    charged, succeeded = await newest(world, "charge.succeeded"), await newest(world, "payment_intent.succeeded")
    assert types == ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"]
    assert charged["data"]["object"]["id"] == payment["latest_charge"]
    assert charged["data"]["object"]["payment_intent"] == payment["id"]
    assert succeeded["data"]["object"] == payment


async def test_a_decline_is_told_by_its_charge_and_its_payment(world):
    await world.pay(card="pm_card_chargeDeclined")

    assert await told(world) == ["payment_intent.created", "charge.failed", "payment_intent.payment_failed"]


async def test_a_capture_by_hand_is_told_in_two_steps(world):
    held = (await world.pay(capture_method="manual")).json()
    at_first = await told(world)

    await world.post(f"/v1/payment_intents/{held['id']}/capture")

    updated = await newest(world, "payment_intent.amount_capturable_updated")
    assert at_first == ["payment_intent.created", "charge.succeeded", "payment_intent.amount_capturable_updated"]
    assert await told(world, since=3) == ["charge.captured", "payment_intent.succeeded"]
    assert updated["data"]["object"]["amount_capturable"] == 1000
    assert updated["data"]["previous_attributes"]["amount_capturable"] == 0


async def test_a_refund_is_told_by_itself_and_its_charge(world):
    payment = (await world.pay()).json()

    await world.refund(payment["id"], amount=300)

    refunded = await newest(world, "charge.refunded")
    assert await told(world, since=3) == ["refund.created", "charge.refunded"]
    assert refunded["data"]["object"]["amount_refunded"] == 300


async def test_a_refund_that_is_decided_later_is_told_twice_more(world):
    payment = (await world.pay(card="pm_card_pendingRefund")).json()
    await world.refund(payment["id"])

    await world.quiet()

    updated = await newest(world, "refund.updated")
    assert await told(world, since=5) == ["refund.updated", "charge.refund.updated"]
    assert updated["data"]["previous_attributes"]["status"] == "pending"
    assert updated["request"] == {"id": None, "idempotency_key": None}


async def test_a_refund_that_fails_says_so(world):
    payment = (await world.pay(card="pm_card_refundFail")).json()
    await world.refund(payment["id"])

    await world.quiet()

    assert (await told(world))[-3:] == ["refund.updated", "charge.refund.updated", "refund.failed"]


async def test_a_dispute_takes_money_and_gives_it_back(world):
    await world.pay(card="pm_card_createDispute")
    dispute = (await world.get("/v1/disputes")).json()["data"][0]

    await world.post(f"/v1/disputes/{dispute['id']}", {"evidence[uncategorized_text]": WON, "submit": "true"})
    await asyncio.sleep(3_600)

    assert await told(world, since=3) == [
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.updated",
        "charge.dispute.closed",
        "charge.dispute.funds_reinstated",
    ]


async def test_a_lost_dispute_gives_nothing_back(world):
    await world.pay(card="pm_card_createDispute")
    dispute = (await world.get("/v1/disputes")).json()["data"][0]

    await world.post(f"/v1/disputes/{dispute['id']}/close")

    assert (await told(world))[-1] == "charge.dispute.closed"


async def test_an_update_tells_only_what_has_changed(world):
    customer = (await world.post("/v1/customers", {"name": "Jenny", "metadata[a]": "1", "metadata[b]": "2"})).json()

    await world.post(f"/v1/customers/{customer['id']}", {"name": "Rosen", "metadata[a]": "3"})

    updated = await newest(world, "customer.updated")
    assert updated["data"]["previous_attributes"] == {"metadata": {"a": "1"}, "name": "Jenny"}


async def test_a_deleted_customer_is_told_as_it_was(world):
    customer = (await world.post("/v1/customers", {"name": "Jenny"})).json()

    await world.client.delete(f"/v1/customers/{customer['id']}")

    assert (await newest(world, "customer.deleted"))["data"]["object"]["name"] == "Jenny"


async def test_an_event_names_its_request_and_its_mode_but_no_account(world):
    answer = await world.pay(key="the-key")

    event = await newest(world, "payment_intent.succeeded")

    assert event["request"] == {"id": answer.headers["Request-Id"], "idempotency_key": "the-key"}
    assert event["livemode"] is False
    assert "account" not in event


async def test_what_happens_in_live_mode_is_told_there_alone(open_world):
    live = "sk_live_merchant"
    world = open_world(api_keys=(ApiKey(secret=live),))
    await world.post("/v1/payment_intents", {"amount": 500, "currency": "eur"})

    world.client.headers["Authorization"] = f"Bearer {live}"
    form = {"url": "http://merchant/live", "enabled_events[0]": "*"}
    await world.post("/v1/webhook_endpoints", form)
    await world.post("/v1/payment_intents", {"amount": 500, "currency": "eur"})
    await world.quiet()

    listed = (await world.get("/v1/events")).json()["data"]
    assert [event["livemode"] for event in listed] == [True]
    assert [(one.event["livemode"], one.event["data"]["object"]["livemode"]) for one in world.merchant.deliveries] == [
        (False, False),
        (True, True),
    ]


@pytest.mark.parametrize("is_delivered", [True, False])
async def test_events_are_listed_by_whether_they_were_delivered(open_world, is_delivered):
    world = open_world(webhook_retry_schedule_s=(60,))
    world.merchant.answers = [200, 500]
    await world.pay()
    await asyncio.sleep(1)

    listed = (await world.get("/v1/events", delivery_success=str(is_delivered).lower())).json()["data"]
    pending = {event["type"]: event["pending_webhooks"] for event in listed}

    await asyncio.sleep(60)
    later = (await world.get("/v1/events", delivery_success="false")).json()["data"]
    at_first = {"charge.succeeded": 0, "payment_intent.created": 0} if is_delivered else {"payment_intent.succeeded": 1}
    assert pending == at_first
    assert later == []


async def test_an_event_that_was_given_up_is_not_pending_but_was_not_delivered(open_world):
    world = open_world(webhook_retry_schedule_s=())
    world.merchant.answers = [500, 500]
    await world.pay()
    await world.quiet()

    listed = (await world.get("/v1/events", delivery_success="false")).json()["data"]

    assert {event["type"]: event["pending_webhooks"] for event in listed} == {
        "payment_intent.created": 0,
        "payment_intent.succeeded": 0,
    }


async def test_events_are_forgotten_after_the_retention(open_world):
    world = open_world(event_retention_s=86_400)
    await world.pay()
    old = await newest(world, "payment_intent.succeeded")
    await asyncio.sleep(86_401)

    listed = (await world.get("/v1/events")).json()["data"]
    retrieved = await world.get(f"/v1/events/{old['id']}")
    await world.pay()

    assert listed == []
    assert (retrieved.status_code, retrieved.json()["error"]["code"]) == (404, "resource_missing")
    assert old["id"] not in world.psp.realms.first.log.events
    assert len(world.psp.realms.first.log.events) == 3


async def test_nothing_is_left_of_deliveries_that_failed_long_ago(open_world):
    world = open_world(event_retention_s=86_400, webhook_retry_schedule_s=())
    world.merchant.answers = [500, 500]
    await world.pay()
    await world.quiet()
    failures = world.psp.realms.first.deliveries.failures
    before = len(failures)
    await asyncio.sleep(86_401)

    await world.pay()
    await world.quiet()

    assert before == 2
    assert failures == {}


async def test_an_event_can_arrive_when_it_can_no_longer_be_retrieved(open_world):
    world = open_world(event_retention_s=86_400)
    selector = {"event_type": "payment_intent.succeeded"}
    world.install("late", where="webhook", nth=[1], selector=selector, parameters={"delay_s": [172_800, 172_800]})
    payment = (await world.pay()).json()
    await asyncio.sleep(100_000)
    await world.post("/v1/payment_intents", {"amount": 500, "currency": "eur"})

    await world.quiet()

    late = world.merchant.deliveries[-1]
    assert (late.at_s, late.event["data"]["object"]["id"]) == (172_800, payment["id"])
    assert late.event["id"] not in world.psp.realms.first.log.events


async def test_events_of_one_object_are_found_by_it(world):
    payment = (await world.pay()).json()
    await world.pay()

    about = world.psp.realms.first.log.of(payment["id"])

    assert [event.type for event in about] == ["payment_intent.created", "payment_intent.succeeded"]
    assert world.psp.realms.first.log.of("pi_none") == ()
