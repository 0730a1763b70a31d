"""The queue by hand: looked at, held, released, dropped, doubled, put first, sent again."""

import asyncio

import pytest

from psp_chaos.delivery.deliveries import State
from psp_chaos.errors import NoSuchDelivery, NoSuchEndpoint, NoSuchEvent


def queue_of(world):
    return world.psp.realms.first.queue


def underway(world):
    return [(one.event_type, one.state.value) for one in queue_of(world).listed()]


async def test_what_is_on_its_way_can_be_looked_at(world):
    world.merchant.answers = [500]
    payment = (await world.pay()).json()
    await asyncio.sleep(1)

    (waiting,) = queue_of(world).listed()

    assert (waiting.event_type, waiting.object_id, waiting.payment_id) == (
        "payment_intent.created",
        payment["id"],
        payment["id"],
    )
    assert (waiting.url, waiting.state, waiting.attempts) == ("http://merchant/webhooks", State.WAITING, 1)
    assert waiting.due_at_us == 1_700_000_060_000_000


async def test_what_was_delivered_is_on_its_way_no_more(world):
    await world.pay()

    await world.quiet()

    assert queue_of(world).listed() == []
    assert world.psp.realms.first.agenda.entries == {}


async def test_what_is_held_waits_until_it_is_released_and_goes_in_its_order(world):
    queue_of(world).hold()
    await world.pay()
    await asyncio.sleep(86_400)
    held, arrived = underway(world), list(world.merchant.deliveries)

    count = queue_of(world).release()
    await world.quiet()

    assert held == [("payment_intent.created", "held"), ("payment_intent.succeeded", "held")]
    assert (arrived, count) == ([], 2)
    assert world.merchant.types == ["payment_intent.created", "payment_intent.succeeded"]
    assert not queue_of(world).is_held


async def test_what_is_held_is_not_idle(world):
    queue_of(world).hold()
    await world.pay()
    await asyncio.sleep(60)

    assert not world.psp.idle()


async def test_a_retry_that_comes_due_is_held_as_well(world):
    world.merchant.answers = [500]
    await world.pay()
    await asyncio.sleep(1)
    queue_of(world).hold()

    await asyncio.sleep(600)

    assert underway(world) == [("payment_intent.created", "held")]


async def test_a_late_effect_happens_though_its_webhook_is_held(open_world):
    world = open_world(asynchronous_share=1, asynchronous_s=(30, 30))
    queue_of(world).hold()
    await world.pay()

    await asyncio.sleep(31)

    assert world.captured_minor == 1000
    assert world.merchant.types == []


async def test_a_request_does_not_wait_for_an_early_event_that_is_held(world):
    world.install("early", where="webhook")
    queue_of(world).hold()

    answer = await world.pay()

    assert answer.status_code == 200


async def test_one_is_released_though_all_are_held(world):
    queue_of(world).hold()
    await world.pay()
    succeeded = queue_of(world).listed()[1]

    queue_of(world).release_one(succeeded.id)
    await asyncio.sleep(1)

    assert world.merchant.types == ["payment_intent.succeeded"]
    assert underway(world) == [("payment_intent.created", "held")]


async def test_a_retry_is_released_before_it_is_due(world):
    world.merchant.answers = [500]
    await world.pay()
    await asyncio.sleep(1)

    queue_of(world).release_one(queue_of(world).listed()[0].id)
    await world.quiet()

    assert world.merchant.deliveries[-1].at_s == 1
    assert world.psp.realms.first.agenda.entries == {}


async def test_what_is_dropped_never_arrives(world):
    queue_of(world).hold()
    await world.pay()

    queue_of(world).drop(queue_of(world).listed()[0].id)
    queue_of(world).release()
    await world.quiet()

    assert world.merchant.types == ["payment_intent.succeeded"]


async def test_what_is_dropped_while_it_is_being_sent_is_not_retried(world):
    world.merchant.takes_s, world.merchant.answers = 5, [500, 500]
    await world.pay()
    await asyncio.sleep(1)

    for one in queue_of(world).listed():
        queue_of(world).drop(one.id)
    await world.quiet()

    assert len(world.merchant.deliveries) == 2


async def test_a_duplicate_is_the_same_event(world):
    queue_of(world).hold()
    await world.pay()

    copy = queue_of(world).duplicate(queue_of(world).listed()[0].id)
    queue_of(world).release()
    await world.quiet()

    first, last = world.merchant.deliveries[0], world.merchant.deliveries[-1]
    assert copy.state is State.HELD
    assert first.event["id"] == last.event["id"]
    assert len(world.merchant.deliveries) == 3


async def test_what_is_put_first_goes_first(world):
    queue_of(world).hold()
    await world.pay()
    succeeded = queue_of(world).listed()[1]

    queue_of(world).put_first(succeeded.id)
    order = underway(world)
    queue_of(world).release()
    await world.quiet()

    assert order == [("payment_intent.succeeded", "held"), ("payment_intent.created", "held")]
    assert world.merchant.types == ["payment_intent.succeeded", "payment_intent.created"]


async def test_what_was_released_goes_one_after_the_other(world):
    world.merchant.takes_s = 5
    queue_of(world).hold()
    await world.pay()

    queue_of(world).release()
    await world.quiet()

    assert [delivery.at_s for delivery in world.merchant.deliveries] == [0, 5]


@pytest.mark.parametrize("deed", ["release_one", "drop", "duplicate", "put_first"])
async def test_what_is_not_on_its_way_is_refused(world, deed):
    with pytest.raises(NoSuchDelivery):
        getattr(queue_of(world), deed)("dlv_none")


async def test_an_event_is_sent_again_by_hand_whether_it_has_arrived_or_not(world):
    await world.pay()
    await world.quiet()
    event_id = world.merchant.deliveries[1].event["id"]

    world.psp.realms.first.webhooks.resend(event_id)
    await world.quiet()

    assert [delivery.event["id"] for delivery in world.merchant.deliveries].count(event_id) == 2


async def test_an_event_is_sent_again_to_one_endpoint(world):
    opened = (await world.post("/v1/webhook_endpoints", {"url": "http://merchant/2", "enabled_events[0]": "x"})).json()
    await world.pay()
    await world.quiet()
    webhooks, event_id = world.psp.realms.first.webhooks, world.merchant.deliveries[0].event["id"]

    (delivery,) = webhooks.resend(event_id, endpoint_id=opened["id"])

    assert delivery.endpoint_id == opened["id"]
    with pytest.raises(NoSuchEndpoint):
        webhooks.resend(event_id, endpoint_id="we_none")
    with pytest.raises(NoSuchEvent):
        webhooks.resend("evt_none")


async def test_what_was_given_up_counts_as_delivered_once_it_was_sent_again(open_world):
    world = open_world(webhook_retry_schedule_s=())
    world.merchant.answers = [500]
    await world.pay()
    await world.quiet()
    failed = (await world.get("/v1/events", delivery_success="false")).json()["data"]

    world.psp.realms.first.webhooks.resend(failed[0]["id"])
    await world.quiet()

    assert len(failed) == 1
    assert (await world.get("/v1/events", delivery_success="false")).json()["data"] == []
