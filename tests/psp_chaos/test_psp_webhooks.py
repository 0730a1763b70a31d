"""Webhook delivery: signatures, retries, endpoints."""

import asyncio

import httpx
import pytest
import stripe

from psp_chaos.settings import RETRY_SCHEDULE_S, PresetEndpoint

SECRET = "whsec_merchant"
EPOCH_S = 1_700_000_000


async def test_each_event_arrives_once_and_signed_as_the_sdk_expects(world):
    await world.pay()
    await world.quiet()

    assert world.merchant.types == ["payment_intent.created", "payment_intent.succeeded"]
    for delivery in world.merchant.deliveries:
        expected = stripe.WebhookSignature.generate_signature_header(delivery.body.decode(), SECRET, timestamp=EPOCH_S)
        assert delivery.headers["Stripe-Signature"] == expected


async def test_a_retry_is_signed_when_it_is_sent(open_world):
    world = open_world(webhook_retry_schedule_s=(60.5,))
    world.merchant.answers = [500, 500]
    await world.pay()

    await world.quiet()

    stamps = {delivery.headers["Stripe-Signature"].split(",")[0] for delivery in world.merchant.deliveries[2:]}
    assert stamps == {f"t={EPOCH_S + 60}"}


@pytest.mark.parametrize("failure", [500, 404, 302, 199, httpx.ConnectError("refused"), httpx.ReadTimeout("late")])
async def test_whatever_is_not_a_2xx_is_retried(open_world, failure):
    world = open_world(webhook_retry_schedule_s=(60, 300))
    world.merchant.answers = [200, failure]
    await world.pay()

    await world.quiet()

    lines = [line for line in world.psp.journal.lines if getattr(line, "event_type", "") == "payment_intent.succeeded"]
    expected_status = failure if isinstance(failure, int) else None
    assert [(line.attempt, line.status, line.at_us // 1_000_000 - EPOCH_S) for line in lines] == [
        (1, expected_status, 0),
        (2, 200, 60),
    ]


async def test_an_endpoint_that_is_too_slow_has_not_received_it(open_world):
    world = open_world(webhook_timeout_s=5, webhook_retry_schedule_s=())
    world.merchant.takes_s = 6
    await world.pay()

    await world.quiet()

    lines = [line for line in world.psp.journal.lines if hasattr(line, "event_type")]
    assert [line.status for line in lines] == [None, None]
    assert [line.ended_at_us - line.at_us for line in lines] == [5_000_000, 5_000_000]


async def test_retries_go_on_for_almost_three_days_and_then_end(world):
    world.merchant.answers = [500] * 1_000
    await world.pay()

    await asyncio.sleep(3 * 86_400)
    await world.quiet()

    last_s = max(delivery.at_s for delivery in world.merchant.deliveries)
    assert len(world.merchant.deliveries) == 2 * (1 + len(RETRY_SCHEDULE_S))
    assert 2.5 * 86_400 < last_s < 3 * 86_400


async def test_an_endpoint_gets_what_it_asked_for(open_world):
    wants_refunds = PresetEndpoint(url="http://merchant/r", secret=SECRET, enabled_events=("refund.created",))
    world = open_world(webhook_endpoints=(wants_refunds,))
    payment = (await world.pay()).json()
    await world.refund(payment["id"])

    await world.quiet()

    assert world.merchant.types == ["refund.created"]


async def test_an_endpoint_is_created_with_a_secret_that_is_shown_once(open_world):
    world = open_world(webhook_endpoints=())
    form = {"url": "http://merchant/x", "enabled_events[0]": "payment_intent.succeeded", "metadata[a]": "b"}

    created = (await world.post("/v1/webhook_endpoints", form)).json()

    retrieved = (await world.get(f"/v1/webhook_endpoints/{created['id']}")).json()
    listed = (await world.get("/v1/webhook_endpoints")).json()["data"]
    await world.pay()
    await world.quiet()
    assert created["secret"].startswith("whsec_")
    assert "secret" not in retrieved
    assert listed == [retrieved]
    delivery = world.merchant.deliveries[0]
    event = stripe.Webhook.construct_event(
        delivery.body, delivery.headers["Stripe-Signature"], created["secret"], tolerance=0
    )
    assert event.type == "payment_intent.succeeded"


@pytest.mark.parametrize("url", ["ftp://merchant", "merchant", "http://"])
async def test_an_endpoint_needs_a_web_address(world, url):
    refused = await world.post("/v1/webhook_endpoints", {"url": url, "enabled_events[0]": "*"})

    assert refused.status_code == 400
    assert refused.json()["error"]["param"] == "url"


async def test_a_deleted_endpoint_is_not_retried(world):
    world.merchant.answers = [500, 500]
    await world.pay()
    await asyncio.sleep(1)
    endpoint = (await world.get("/v1/webhook_endpoints")).json()["data"][0]

    await world.client.delete(f"/v1/webhook_endpoints/{endpoint['id']}")
    await world.quiet()

    assert len(world.merchant.deliveries) == 2


async def test_a_psp_that_is_closed_sends_nothing_more(world):
    world.merchant.answers = [500, 500]
    await world.pay()
    await asyncio.sleep(1)

    await world.psp.close()
    await asyncio.sleep(86_400)

    assert world.psp.idle()
    assert len(world.merchant.deliveries) == 2
