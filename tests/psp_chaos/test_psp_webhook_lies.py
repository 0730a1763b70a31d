"""Webhooks that lie: forged, signed wrongly or too early, from elsewhere, about another amount or nobody's payment."""

import asyncio

import pytest
import stripe

from psp_chaos.faults import MENU, FaultSpec

SUCCEEDED = {"event_type": "payment_intent.succeeded"}
SECRET = "whsec_merchant"


@pytest.fixture
def install(world):
    def install(kind, **rest):
        world.install(kind, where="webhook", **{"selector": SUCCEEDED, **rest})

    return install


def verified(delivery, *, tolerance=300):
    """Read a delivery as the SDK does at the moment at which it arrives, or return what the SDK says against it."""
    header = delivery.headers["Stripe-Signature"]
    stamp = int(header.partition(",")[0].removeprefix("t="))
    arrived_s = 1_700_000_000 + delivery.at_s
    if stamp < arrived_s - tolerance:
        return "too old"
    try:
        return stripe.Webhook.construct_event(delivery.body, header, SECRET, tolerance=0)
    except stripe.SignatureVerificationError:
        return "not authentic"


def judged(world):
    return [
        (delivery.type.removeprefix("payment_intent."), said if isinstance(said := verified(delivery), str) else "good")
        for delivery in world.merchant.deliveries
    ]


async def test_forged_claims_success_for_a_payment_that_failed_and_is_not_authentic(world, install):
    install("forged", selector={"event_type": "payment_intent.payment_failed"})
    await world.pay(card="pm_card_chargeDeclined")

    await world.quiet()

    true, forged = world.merchant.deliveries[-2:]
    assert judged(world)[-2:] == [("payment_failed", "good"), ("succeeded", "not authentic")]
    assert forged.event["data"]["object"]["id"] == world.payments[0].id
    assert (forged.event["data"]["object"]["status"], forged.event["data"]["object"]["amount_received"]) == (
        "succeeded",
        1000,
    )
    assert forged.event["id"] != true.event["id"]
    assert (await world.get(f"/v1/events/{forged.event['id']}")).status_code == 404
    assert world.bites[0].detail["inserted"] == forged.event["id"]


@pytest.mark.parametrize("about", ["unknown", "payment"])
async def test_forged_is_about_a_payment_that_nobody_knows_where_it_would_be_true(world, install, about):
    install("forged", parameters={"about": about})
    payment = (await world.pay()).json()

    await world.quiet()

    forged = world.merchant.deliveries[-1].event["data"]["object"]
    assert judged(world)[-2:] == [("succeeded", "good"), ("succeeded", "not authentic")]
    assert forged["id"] != payment["id"]
    assert (await world.get(f"/v1/payment_intents/{forged['id']}")).status_code == 404


async def test_forged_is_sent_once_and_says_nothing_about_the_endpoint(world, install):
    install("forged", parameters={"about": "unknown"})
    world.merchant.answers = [200, 200, 400]
    await world.pay()

    await world.quiet()

    (endpoint,) = world.psp.realms.first.endpoints.endpoints.values()
    assert len(world.merchant.deliveries) == 3
    assert endpoint.failures == 0
    assert (await world.get("/v1/events", delivery_success="false")).json()["data"] == []


async def test_wrong_secret_is_not_authentic_until_the_retry(world, install):
    install("wrong-secret")
    world.merchant.answers = [200, 400]
    await world.pay()

    await world.quiet()

    wrong, right = world.merchant.deliveries[1:]
    assert judged(world)[1:] == [("succeeded", "not authentic"), ("succeeded", "good")]
    assert (wrong.event["id"], right.at_s) == (right.event["id"], 60)
    assert len(world.bites) == 1


async def test_wrong_secret_can_last(world, install):
    install("wrong-secret", parameters={"tries": None})
    world.merchant.answers = [200, 400, 400, 400]
    await world.pay()

    await asyncio.sleep(500)

    assert {verdict for _, verdict in judged(world)[1:]} == {"not authentic"}


async def test_stale_timestamp_is_too_old_until_the_retry(world, install):
    install("stale-timestamp", parameters={"age_s": [301, 301]})
    world.merchant.answers = [200, 400]
    await world.pay()

    await world.quiet()

    stale = world.merchant.deliveries[1]
    assert judged(world)[1:] == [("succeeded", "too old"), ("succeeded", "good")]
    assert stale.headers["Stripe-Signature"].startswith("t=1699999699,")
    assert verified(stale, tolerance=10**9)["id"] == stale.event["id"]


@pytest.mark.parametrize("claims", ["truth", "success"])
async def test_other_account_names_it_on_every_try(world, install, claims):
    failed = {"event_type": "payment_intent.payment_failed"}
    install("other-account", selector=failed, parameters={"account": "acct_other", "claims": claims})
    world.merchant.answers = [200, 400]
    await world.pay(card="pm_card_chargeDeclined")

    await world.quiet()

    tries = [delivery.event for delivery in world.merchant.deliveries[1:]]
    status = {"truth": "requires_payment_method", "success": "succeeded"}[claims]
    assert {verdict for _, verdict in judged(world)} == {"good"}
    assert [event["account"] for event in tries] == ["acct_other", "acct_other"]
    assert {event["data"]["object"]["status"] for event in tries} == {status}


async def test_other_mode_says_that_it_is_live(world, install):
    install("other-mode")
    await world.pay()

    await world.quiet()

    created, succeeded = (delivery.event for delivery in world.merchant.deliveries)
    assert (created["livemode"], succeeded["livemode"]) == (False, True)
    assert succeeded["data"]["object"]["livemode"] is True
    assert {verdict for _, verdict in judged(world)} == {"good"}


@pytest.mark.parametrize(("by_minor", "amount"), [(100, 1100), (-100, 900), (-5000, 1)])
async def test_altered_amount_names_another_amount_in_every_field(world, install, by_minor, amount):
    install("altered-amount", parameters={"by_minor": by_minor})
    payment = (await world.pay()).json()

    await world.quiet()

    told = world.merchant.deliveries[-1].event["data"]["object"]
    assert (told["amount"], told["amount_received"], told["amount_capturable"]) == (amount, amount, 0)
    assert {verdict for _, verdict in judged(world)} == {"good"}
    assert (await world.get(f"/v1/payment_intents/{payment['id']}")).json()["amount"] == 1000


async def test_altered_amount_passes_what_has_no_amount(world):
    world.install("altered-amount", where="webhook")
    form = {"url": "http://merchant/c", "enabled_events[0]": "customer.created"}
    await world.post("/v1/webhook_endpoints", form)

    await world.post("/v1/customers", {"name": "Jenny"})
    await world.quiet()

    assert world.merchant.types == ["customer.created"]
    assert world.bites == []


async def test_unannounced_tells_of_a_payment_that_is_nowhere(world, install):
    install("unannounced")
    payment = (await world.pay(**{"metadata[order_id]": "o-1"})).json()

    await world.quiet()

    unknown = world.merchant.deliveries[-1].event
    told = unknown["data"]["object"]
    assert judged(world)[1:] == [("succeeded", "good"), ("succeeded", "good")]
    assert (told["metadata"], told["amount"]) == ({}, 1000)
    assert told["id"] != payment["id"]
    assert unknown["request"] == {"id": None, "idempotency_key": None}
    assert (await world.get(f"/v1/payment_intents/{told['id']}")).status_code == 404
    assert len(world.payments) == 1


async def test_doubled_anew_tells_one_change_by_two_events(world, install):
    install("doubled-anew", parameters={"gap_s": [30, 30]})
    payment = (await world.pay()).json()

    await world.quiet()

    first, second = (delivery.event for delivery in world.merchant.deliveries[1:])
    listed = (await world.get("/v1/events", type="payment_intent.succeeded")).json()["data"]
    assert world.merchant.deliveries[-1].at_s == 30
    assert first["id"] != second["id"]
    assert first["data"] == second["data"] == {"object": payment}
    assert {event["id"] for event in listed} == {first["id"], second["id"]}


async def test_concurrent_sends_all_copies_before_any_is_answered(world, install):
    install("concurrent", parameters={"copies": 5})
    world.merchant.takes_s = 5
    await world.pay()

    await world.quiet()

    lines = [line for line in world.psp.journal.lines if getattr(line, "event_type", "") == "payment_intent.succeeded"]
    assert [(line.at_us, line.ended_at_us) for line in lines] == [(1_700_000_000_000_000, 1_700_000_005_000_000)] * 5
    assert len({delivery.event["id"] for delivery in world.merchant.deliveries[1:]}) == 1


async def test_retry_storm_lets_everything_arrive_in_the_instant_in_which_the_outage_ends(world, install):
    install("retry-storm", selector={}, parameters={"outage_s": [600, 600], "copies_max": 3})
    for _ in range(10):
        await world.post("/v1/payment_intents", {"amount": 500, "currency": "eur"})
        await asyncio.sleep(30)

    await world.quiet()

    counts = [[one.event["id"] for one in world.merchant.deliveries].count(event_id) for event_id in event_ids(world)]
    assert {delivery.at_s for delivery in world.merchant.deliveries} == {600}
    assert len(counts) == 10
    assert set(counts) == {1, 2, 3}


def event_ids(world):
    return {delivery.event["id"] for delivery in world.merchant.deliveries}


async def test_retry_storm_begins_another_outage_after_the_first(world, install):
    install("retry-storm", selector={}, parameters={"outage_s": [600, 600], "copies_max": 1})
    await world.post("/v1/payment_intents", {"amount": 500, "currency": "eur"})
    await asyncio.sleep(700)

    await world.post("/v1/payment_intents", {"amount": 500, "currency": "eur"})
    await world.quiet()

    assert [delivery.at_s for delivery in world.merchant.deliveries] == [600, 1_300]


async def test_endpoint_disabled_sends_nothing_until_the_provider_enables_it(world, install):
    install("endpoint-disabled", nth=[1], parameters={"for_s": [600, 600]})
    await world.pay()
    (endpoint,) = (await world.get("/v1/webhook_endpoints")).json()["data"]
    await asyncio.sleep(300)
    await world.pay()
    await asyncio.sleep(301)

    await world.pay()
    await world.quiet()

    assert endpoint["status"] == "disabled"
    assert [(delivery.type, delivery.at_s) for delivery in world.merchant.deliveries] == [
        ("payment_intent.created", 0),
        ("payment_intent.created", 601),
        ("payment_intent.succeeded", 601),
    ]
    assert len(world.bites) == 1
    missed = (await world.get("/v1/events", delivery_success="false")).json()["data"]
    assert [event["type"] for event in missed] == ["payment_intent.succeeded"]


async def test_endpoint_disabled_can_be_left_to_the_merchant(world, install):
    install("endpoint-disabled", nth=[1], parameters={"for_s": None})
    await world.pay()

    await asyncio.sleep(86_400)

    assert (await world.get("/v1/webhook_endpoints")).json()["data"][0]["status"] == "disabled"


async def test_a_lie_bites_when_it_is_told_and_not_before(world, install):
    install("altered-amount")
    world.psp.realms.first.queue.hold()
    await world.pay()
    before = list(world.bites)

    world.psp.realms.first.queue.release()
    await world.quiet()

    assert before == []
    assert [bite.kind for bite in world.bites] == ["altered-amount"]


WEBHOOK_KINDS = [kind for kind, fault in MENU.items() if fault.where == "webhook"]


@pytest.mark.parametrize("kind", WEBHOOK_KINDS)
async def test_what_a_fault_does_to_one_payment_it_does_not_to_another(world, kind):
    mine = {"metadata": {"order_id": "mine"}}
    world.install(kind, where="webhook", selector=mine if kind != "endpoint-disabled" else {**mine, **SUCCEEDED})
    await world.pay(card="pm_card_chargeDeclined", **{"metadata[order_id]": "mine"})
    since_s = world.now_s
    other = (await world.pay(**{"metadata[order_id]": "other"})).json()

    await world.quiet()

    about_other = [one for one in world.merchant.deliveries if one.event["data"]["object"]["id"] == other["id"]]
    assert {(one.type, one.at_s, verified(one)["data"]["object"]["amount"]) for one in about_other} == {
        ("payment_intent.created", since_s, 1000),
        ("payment_intent.succeeded", since_s, 1000),
    }
    assert len(about_other) == 2
    assert all(bite.object_id != other["id"] for bite in world.bites)


@pytest.mark.parametrize(
    ("kind", "parameters", "wrong"),
    [
        ("altered-amount", {"by_minor": 0}, "by_minor"),
        ("concurrent", {"copies": 1}, "copies"),
        ("wrong-secret", {"tries": 0}, "tries"),
        ("other-mode", {"claims": "nothing"}, "claims"),
        ("retry-storm", {"outage": [1, 2]}, "outage"),
        ("endpoint-disabled", {"for_s": [2, 1]}, "for_s"),
    ],
)
def test_a_parameter_that_makes_no_sense_is_refused(kind, parameters, wrong):
    with pytest.raises(ValueError, match=wrong):
        FaultSpec(id="f", where="webhook", kind=kind, parameters=parameters)


@pytest.mark.parametrize(
    ("kind", "parameters", "lies"),
    [
        ("forged", {}, [["claim", "invented", "secret"]]),
        ("wrong-secret", {}, [["secret"]]),
        ("stale-timestamp", {"age_s": [301, 301]}, [["stale"]]),
        ("other-account", {"claims": "success"}, [["account", "claim"]]),
        ("other-mode", {}, [["mode"]]),
        ("altered-amount", {}, [["amount"]]),
        ("unannounced", {}, [["invented"]]),
        ("lost", {}, []),
        ("doubled", {}, []),
        ("doubled-anew", {}, []),
        ("concurrent", {}, []),
    ],
)
async def test_the_journal_says_of_each_try_what_was_untrue_about_it(world, install, kind, parameters, lies):
    install(kind, selector={"event_type": "payment_intent.payment_failed"}, parameters=parameters)
    world.merchant.answers = [200] * 2 + [400]  # what is refused comes again, and most kinds lie once
    await world.pay(card="pm_card_chargeDeclined")

    await world.quiet()

    told = [line for line in world.psp.journal.lines if line.kind == "webhook" and line.lies]
    assert [sorted(line.lies) for line in told][: len(lies)] == lies
    assert bool(told) is bool(lies)


async def test_a_claim_that_happens_to_be_true_is_no_lie(world, install):
    install("other-account", parameters={"claims": "success"})
    await world.pay()

    await world.quiet()

    assert [line.lies for line in world.psp.journal.lines if line.kind == "webhook" and line.lies] == [("account",)]


async def test_the_journal_says_when_a_signature_says_that_it_was_made(world, install):
    install("stale-timestamp", parameters={"age_s": [600, 600]})
    await world.pay()

    await world.quiet()

    old = next(line for line in world.psp.journal.lines if line.kind == "webhook" and line.lies)
    assert old.at_us - old.signed_at_us == 600_000_000
