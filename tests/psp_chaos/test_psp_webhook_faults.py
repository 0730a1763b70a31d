"""Faults of webhooks: each bites as its docstring says, and leaves everybody else alone."""

import asyncio

import pytest

from psp_chaos.faults import MENU

SUCCEEDED = {"event_type": "payment_intent.succeeded"}


@pytest.fixture
def install(world):
    def install(kind, **rest):
        world.install(kind, where="webhook", **{"selector": SUCCEEDED, **rest})

    return install


def arrivals(world):
    return [(delivery.type.removeprefix("payment_intent."), delivery.at_s) for delivery in world.merchant.deliveries]


async def test_lost_loses_the_event_with_all_its_retries(world, install):
    install("lost")
    await world.pay()

    await asyncio.sleep(4 * 86_400)

    assert arrivals(world) == [("created", 0)]
    assert [(bite.kind, bite.target, bite.object_id) for bite in world.bites] == [
        ("lost", "payment_intent.succeeded", world.payments[0].id)
    ]


async def test_what_is_lost_is_listed_and_the_payment_tells_the_truth(world, install):
    install("lost")
    payment = (await world.pay()).json()

    events = (await world.get("/v1/events", type="payment_intent.succeeded")).json()["data"]

    assert [event["data"]["object"]["id"] for event in events] == [payment["id"]]
    assert (await world.get(f"/v1/payment_intents/{payment['id']}")).json()["status"] == "succeeded"


async def test_late_arrives_late_with_a_fresh_signature_and_an_old_content(world, install):
    install("late", parameters={"delay_s": [3_600, 3_600]})
    await world.pay()

    await world.quiet()

    late = world.merchant.deliveries[1]
    assert arrivals(world) == [("created", 0), ("succeeded", 3_600)]
    assert late.headers["Stripe-Signature"].startswith("t=1700003600,")
    assert late.event["created"] == 1_700_000_000


async def test_a_late_event_is_retried_like_any_other(world, install):
    install("late", parameters={"delay_s": [3_600, 3_600]})
    world.merchant.answers = [200, 500]
    await world.pay()

    await world.quiet()

    assert arrivals(world) == [("created", 0), ("succeeded", 3_600), ("succeeded", 3_660)]


async def test_doubled_sends_copies_of_one_event_each_after_its_gap(world, install):
    install("doubled", parameters={"copies": 3, "gap_s": [10, 10]})
    await world.pay()

    await world.quiet()

    copies = world.merchant.deliveries[1:]
    assert [copy.at_s for copy in copies] == [0, 10, 10]
    assert len({copy.event["id"] for copy in copies}) == 1
    assert len(world.bites) == 1


async def test_doubled_without_a_gap_sends_the_copies_at_the_same_time(world, install):
    install("doubled", parameters={"gap_s": [0, 0]})
    world.merchant.takes_s = 5
    await world.pay()

    await world.quiet()

    lines = [line for line in world.psp.journal.lines if hasattr(line, "event_id")][1:]
    assert [line.at_us for line in lines] == [1_700_000_000_000_000] * 2


async def test_reordered_is_overtaken_by_its_successor_and_follows_at_once(world, install):
    install("reordered", selector={"event_type": "*.created"}, parameters={"delay_s": [60, 60]})
    world.merchant.takes_s = 1
    await world.pay()

    await world.quiet()

    assert arrivals(world) == [("succeeded", 0), ("created", 1)]
    assert world.bites[0].detail["overtaken"] is True


async def test_reordered_waits_no_longer_than_its_delay(world, install):
    install("reordered", parameters={"delay_s": [60, 60]})
    await world.pay()

    await world.quiet()

    assert arrivals(world) == [("created", 0), ("succeeded", 60)]
    assert world.bites[0].detail["overtaken"] is False


async def test_reordered_is_not_overtaken_by_another_payments_event(world, install):
    install("reordered", nth=[1], parameters={"delay_s": [60, 60]})
    await world.pay()
    await asyncio.sleep(5)
    await world.pay()

    await world.quiet()

    held_back = world.payments[0].id
    last = world.merchant.deliveries[-1]
    assert (last.event["data"]["object"]["id"], last.at_s) == (held_back, 60)


async def test_early_arrives_before_the_answer(world, install):
    install("early", parameters={"hold_s": [2, 2]})
    world.merchant.takes_s = 3

    answer = await world.pay()

    assert ("succeeded", 0) in arrivals(world)
    assert world.now_s == 3 + 2
    assert answer.json()["status"] == "succeeded"
    assert world.bites[0].detail["request_id"] == answer.headers["Request-Id"]


async def test_early_does_not_wait_for_retries(world, install):
    install("early", parameters={"hold_s": [2, 2]})
    world.merchant.answers = [200, 500]

    await world.pay()

    assert world.now_s == 2


async def test_early_passes_an_event_whose_request_has_been_answered(open_world):
    world = open_world(asynchronous_share=1, asynchronous_s=(30, 30))
    world.install("early", where="webhook", selector=SUCCEEDED)
    await world.pay()

    await world.quiet()

    assert arrivals(world) == [("created", 0), ("succeeded", 30)]
    assert world.bites == []


async def test_a_request_held_for_an_early_event_is_answered_when_the_psp_drops_the_event(world, install):
    install("early", parameters={"hold_s": [0, 0]})
    world.merchant.takes_s = 10
    paying = asyncio.create_task(world.pay())
    await asyncio.sleep(1)

    await world.psp.reset()

    assert (await paying).json()["status"] == "succeeded"


WEBHOOK_KINDS = [kind for kind, fault in MENU.items() if fault.where == "webhook"]


@pytest.mark.parametrize("kind", WEBHOOK_KINDS)
@pytest.mark.parametrize(
    "elsewhere",
    [
        {"selector": {"event_type": "refund.*"}},
        {"selector": {"metadata": {"order_id": "another"}}},
        {"window": {"from_s": 1_000}},
        {"nth": [100]},
        {"probability": 0},
    ],
    ids=["event_type", "metadata", "window", "nth", "probability"],
)
async def test_a_webhook_fault_leaves_others_alone(world, kind, elsewhere):
    world.install(kind, where="webhook", **elsewhere)
    await world.pay(**{"metadata[order_id]": "o-1"})

    await world.quiet()

    assert arrivals(world) == [("created", 0), ("succeeded", 0)]
    assert world.bites == []


async def test_the_journal_shows_which_fault_shaped_a_delivery(world, install):
    install("late", parameters={"delay_s": [5, 5]})
    await world.pay()

    await world.quiet()

    lines = [line for line in world.psp.journal.lines if hasattr(line, "event_id")]
    assert [(line.event_type, line.fault) for line in lines] == [
        ("payment_intent.created", None),
        ("payment_intent.succeeded", "the-fault"),
    ]
