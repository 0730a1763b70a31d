"""Idempotency profiles: each provider's own rules, seen from outside."""

import asyncio

import httpx
import pytest

from psp_chaos.profiles import DAY_S, PROFILES

WITH_KEYS = [name for name, profile in PROFILES.items() if profile.has_keys]


async def two_at_once(open_world, profile):
    """Send the same request twice while the provider is thinking about the first."""
    world = open_world(idempotency_profile=profile, latency_s=(5, 5))
    answers = await asyncio.gather(world.pay(key="k"), world.pay(key="k"))
    return world, answers[1]


@pytest.mark.parametrize("profile", WITH_KEYS)
async def test_a_repetition_pays_nothing_and_says_that_it_is_one(open_world, profile):
    world = open_world(idempotency_profile=profile)
    first = await world.pay(key="k")

    again = await world.pay(key="k")

    assert (again.json(), again.headers["Idempotent-Replayed"]) == (first.json(), "true")
    assert again.headers["Original-Request"] == first.headers["Request-Id"]
    assert world.captured_minor == 1000


async def test_without_keys_every_request_is_the_first(open_world):
    world, second = await two_at_once(open_world, "none")

    third = await world.pay(key="k", amount=50)

    assert (second.status_code, third.status_code) == (200, 200)
    assert "Idempotent-Replayed" not in third.headers
    assert world.captured_minor == 2050


@pytest.mark.parametrize(("profile", "days"), [("stripe-v1", 1), ("adyen", 7), ("checkout", 1), ("paypal", 45)])
async def test_a_key_is_remembered_for_as_long_as_the_provider_says(open_world, profile, days):
    world = open_world(idempotency_profile=profile)
    await world.pay(key="k")

    await asyncio.sleep(days * DAY_S - 1)
    within = await world.pay(key="k")
    await asyncio.sleep(1)
    afterwards = await world.pay(key="k")

    assert within.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in afterwards.headers
    assert world.captured_minor == 2000


@pytest.mark.parametrize(
    ("profile", "status", "code", "transient"),
    [
        ("stripe-v1", 409, "idempotency_key_in_use", None),
        ("adyen", 409, "704", "true"),
        ("checkout", 409, "idempotency_key_in_use", None),
        ("paypal", 409, "idempotency_key_in_use", None),
    ],
)
async def test_while_the_first_request_is_under_way_the_second_is_told_so(open_world, profile, status, code, transient):
    world, second = await two_at_once(open_world, profile)

    assert (second.status_code, second.json()["error"]["code"]) == (status, code)
    assert second.json()["error"]["type"] == "idempotency_error"
    assert second.headers.get("transient-error") == transient
    assert world.captured_minor == 1000


@pytest.mark.parametrize(
    ("profile", "status"), [("stripe-v1", 400), ("adyen", 422), ("checkout", 400), ("paypal", 422)]
)
async def test_another_request_with_the_key_is_refused(open_world, profile, status):
    world = open_world(idempotency_profile=profile)
    payment = (await world.pay(key="k")).json()

    other_amount = await world.pay(amount=70, key="k")
    other_path = await world.refund(payment["id"], key="k")

    assert [other_amount.status_code, other_path.status_code] == [status, status]
    assert {answer.json()["error"]["type"] for answer in (other_amount, other_path)} == {"idempotency_error"}
    assert (world.captured_minor, len(world.psp.books.refunds)) == (1000, 0)


@pytest.mark.parametrize("profile", ["stripe-v1", "adyen", "paypal"])
async def test_a_decline_is_remembered(open_world, profile):
    world = open_world(idempotency_profile=profile)
    declined = await world.pay(card="pm_card_chargeDeclined", key="k")

    again = await world.pay(card="pm_card_chargeDeclined", key="k")

    assert (declined.status_code, again.status_code) == (402, 402)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(world.payments) == 1


async def test_checkout_remembers_successes_alone(open_world):
    world = open_world(idempotency_profile="checkout")
    declined = await world.pay(card="pm_card_chargeDeclined", key="k")

    paid = await world.pay(key="k")
    again = await world.pay(key="k")

    assert [declined.status_code, paid.status_code] == [402, 200]
    assert "Idempotent-Replayed" not in paid.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert world.captured_minor == 1000


async def test_checkout_executes_again_what_it_answered_an_error_to(open_world):
    world = open_world(idempotency_profile="checkout")
    world.install("error-after", nth=[1])
    failed = await world.pay(key="k")

    again = await world.pay(key="k")

    assert [failed.status_code, again.status_code] == [500, 200]
    assert world.captured_minor == 2000


@pytest.mark.parametrize(("profile", "status"), [("paypal", "succeeded"), ("stripe-v1", "processing")])
async def test_a_replay_tells_how_it_stands_now_or_how_it_stood_at_first(open_world, profile, status):
    world = open_world(idempotency_profile=profile, asynchronous_share=1, asynchronous_s=(60, 60))
    first = await world.pay(key="k")
    await world.quiet()

    again = await world.pay(key="k")

    assert (first.json()["status"], again.json()["status"]) == ("processing", status)
    assert again.headers["Idempotent-Replayed"] == "true"


async def test_the_current_state_is_told_of_refunds_too(open_world):
    world = open_world(idempotency_profile="paypal")
    payment = (await world.pay()).json()
    world.install("refund-fails", parameters={"delay_s": [60, 60]})
    pending = await world.refund(payment["id"], key="k")
    await world.quiet()

    again = await world.refund(payment["id"], key="k")

    assert (pending.json()["status"], again.json()["status"]) == ("pending", "failed")
    assert len(world.psp.books.refunds) == 1


async def test_the_current_state_takes_the_place_of_an_error_that_hid_an_effect(open_world):
    world = open_world(idempotency_profile="paypal")
    world.install("drop-after", nth=[1])
    with pytest.raises(httpx.RemoteProtocolError):
        await world.pay(key="k")

    again = await world.pay(key="k")

    assert (again.status_code, again.json()["status"]) == (200, "succeeded")
    assert world.captured_minor == 1000


@pytest.mark.parametrize("profile", PROFILES)
async def test_what_was_never_understood_is_never_remembered(open_world, profile):
    world = open_world(idempotency_profile=profile)
    refused = await world.pay(amount="nothing", key="k")
    stranger = await world.client.post(
        "/v1/payment_intents",
        data={"amount": 1, "currency": "eur"},
        headers={"Authorization": "Bearer sk_test_wrong", "Idempotency-Key": "k"},
    )

    accepted = await world.pay(key="k")

    assert [refused.status_code, stranger.status_code, accepted.status_code] == [400, 401, 200]
    assert "Idempotent-Replayed" not in accepted.headers


async def test_a_retention_of_ones_own_takes_the_place_of_the_providers(open_world):
    world = open_world(idempotency_profile="adyen", idempotency_retention_s=60)
    await world.pay(key="k")
    await asyncio.sleep(60)

    await world.pay(key="k")

    assert world.captured_minor == 2000
