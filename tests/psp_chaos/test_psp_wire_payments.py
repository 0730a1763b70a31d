"""PaymentIntents over the wire: setting aside, capturing, changing, and customers who must prove who they are."""

import asyncio

import pytest

INTENTS = "/v1/payment_intents"
BACK = "https://shop.example/back"


async def held(world, **more):
    return (await world.pay(capture_method="manual", **more)).json()


async def act(world, payment, verb, **form):
    return await world.post(f"{INTENTS}/{payment['id']}/{verb}", form)


async def test_money_is_set_aside_captured_in_part_and_the_rest_let_go(world):
    payment = await held(world, amount=1000)

    captured = (await act(world, payment, "capture", amount_to_capture=400, **{"metadata[shipped]": "1"})).json()

    assert (payment["status"], payment["amount_capturable"]) == ("requires_capture", 1000)
    assert (captured["status"], captured["amount_received"], captured["amount_capturable"]) == ("succeeded", 400, 0)
    assert captured["metadata"] == {"shipped": "1"}
    assert captured["latest_charge"] == payment["latest_charge"]
    assert [line.amount_minor for line in world.psp.realms.first.settlement.lines.values()] == [400]


@pytest.mark.parametrize(
    ("form", "code"),
    [({"amount_to_capture": 1001}, "amount_too_large"), ({"amount_to_capture": 0}, "amount_too_small")],
)
async def test_a_capture_that_is_refused_takes_and_changes_nothing(world, form, code):
    payment = await held(world, amount=1000)

    refused = await act(world, payment, "capture", **form, **{"metadata[shipped]": "1"})

    assert (refused.status_code, refused.json()["error"]["code"]) == (400, code)
    assert (await world.get(f"{INTENTS}/{payment['id']}")).json() == payment


async def test_a_payment_that_the_bank_has_not_decided_is_not_captured_by_hand(open_world):
    world = open_world(asynchronous_share=1, asynchronous_s=(30, 30))
    payment = (await world.pay()).json()

    refused = await act(world, payment, "capture")

    assert refused.json()["error"]["code"] == "payment_intent_unexpected_state"
    assert refused.json()["error"]["payment_intent"]["status"] == "processing"
    assert world.captured_minor == 0


async def test_a_capture_may_come_late(world):
    payment = await held(world)
    world.install("late-effect", parameters={"delay_s": [60, 60]}, selector={"operation": "capture_payment"})

    await act(world, payment, "capture", amount_to_capture=300)
    before = world.captured_minor
    await world.quiet()

    assert (before, world.captured_minor) == (0, 300)


async def test_what_is_canceled_is_not_captured_later(world):
    payment = await held(world)
    world.install("late-effect", parameters={"delay_s": [60, 60]}, selector={"operation": "capture_payment"})
    await act(world, payment, "capture")

    canceled = await act(world, payment, "cancel")

    await world.quiet()
    assert canceled.json()["status"] == "canceled"
    assert world.captured_minor == 0


async def test_a_customer_is_sent_to_prove_who_it_is(world):
    payment = (await world.pay(card="pm_card_threeDSecure2Required", return_url=BACK)).json()

    world.psp.realms.first.bank.authenticate(payment["id"], succeeds=True, cause=None)

    after = (await world.get(f"{INTENTS}/{payment['id']}")).json()
    assert payment["status"] == "requires_action"
    assert payment["next_action"]["type"] == "redirect_to_url"
    assert payment["next_action"]["redirect_to_url"]["return_url"] == BACK
    assert payment["latest_charge"] is None
    assert (after["status"], after["next_action"]) == ("succeeded", None)


async def test_a_customer_who_fails_to_prove_it_leaves_a_payment_that_can_be_tried_again(world):
    payment = (await world.pay(card="pm_card_authenticationRequired")).json()
    world.psp.realms.first.bank.authenticate(payment["id"], succeeds=False, cause=None)

    failed = (await world.get(f"{INTENTS}/{payment['id']}")).json()

    assert payment["next_action"]["type"] == "use_stripe_sdk"
    assert failed["status"] == "requires_payment_method"
    assert failed["last_payment_error"]["code"] == "payment_intent_authentication_failure"
    assert "decline_code" not in failed["last_payment_error"]
    assert (await act(world, payment, "confirm", payment_method="pm_card_visa")).json()["status"] == "succeeded"


@pytest.mark.parametrize(
    ("form", "decline_code"),
    [
        ({"off_session": "true"}, "authentication_required"),
        ({"off_session": "recurring"}, "authentication_required"),
        ({"error_on_requires_action": "true"}, "authentication_not_handled"),
    ],
)
async def test_a_customer_who_cannot_be_asked_is_a_decline(world, form, decline_code):
    declined = await world.pay(card="pm_card_authenticationRequired", **form)

    error = declined.json()["error"]
    assert declined.status_code == 402
    assert (error["code"], error["decline_code"]) == ("authentication_required", decline_code)
    assert error["payment_intent"]["status"] == "requires_payment_method"


async def test_a_decline_carries_all_that_is_known(world):
    declined = await world.pay(card="pm_card_chargeDeclinedExpiredCard")

    error = declined.json()["error"]
    payment = (await world.get(f"{INTENTS}/{error['payment_intent']['id']}")).json()
    assert (error["type"], error["code"], error["param"]) == ("card_error", "expired_card", "exp_month")
    assert error["payment_intent"] == payment
    assert error["charge"] == payment["latest_charge"] == payment["last_payment_error"]["charge"]
    assert error["payment_method"]["id"] == "pm_card_chargeDeclinedExpiredCard"
    assert payment["payment_method"] is None


async def test_a_way_back_is_wanted_where_the_customer_may_be_sent_away(world):
    form = {"automatic_payment_methods[enabled]": "true"}

    refused = await world.pay(**form)
    paid = await world.pay(**form, return_url=BACK)
    opened = (await world.post(INTENTS, {"amount": 500, "currency": "eur", **form})).json()
    confirmed = await act(world, opened, "confirm", payment_method="pm_card_visa")

    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "return_url")
    assert paid.json()["automatic_payment_methods"] == {"enabled": True, "allow_redirects": "always"}
    assert confirmed.status_code == 400
    assert len(world.payments) == 2


@pytest.mark.parametrize("change", [{"amount": "700"}, {"currency": "usd"}, {"payment_method": "pm_card_amex"}])
async def test_what_decides_about_money_is_fixed_once_it_was_asked_for(world, change):
    payment = (await world.pay()).json()

    refused = await world.post(f"{INTENTS}/{payment['id']}", change)

    error = refused.json()["error"]
    assert (refused.status_code, error["code"]) == (400, "payment_intent_unexpected_state")
    assert error["payment_intent"] == payment


async def test_a_declined_payment_may_be_given_another_method(world):
    declined = (await world.pay(card="pm_card_chargeDeclined")).json()["error"]["payment_intent"]

    updated = (
        await world.post(f"{INTENTS}/{declined['id']}", {"payment_method": "pm_card_amex", "amount": 700})
    ).json()

    confirmed = (await act(world, declined, "confirm")).json()
    assert (updated["status"], updated["payment_method"]) == ("requires_confirmation", "pm_card_amex")
    assert (confirmed["status"], confirmed["amount_received"]) == ("succeeded", 700)


async def test_an_update_to_too_small_an_amount_is_refused(world):
    opened = (await world.post(INTENTS, {"amount": 500, "currency": "eur"})).json()

    refused = await world.post(f"{INTENTS}/{opened['id']}", {"currency": "huf"})

    assert refused.json()["error"]["code"] == "amount_too_small"
    assert world.payments[0].currency == "EUR"


async def test_a_token_becomes_a_payment_method(world):
    form = {"payment_method_data[type]": "card", "payment_method_data[card][token]": "tok_mastercard"}

    payment = (await world.pay(card="", **form)).json()

    method = (await world.get(f"/v1/payment_methods/{payment['payment_method']}")).json()
    assert payment["status"] == "succeeded"
    assert method["id"].startswith("pm_0")
    assert (method["card"]["brand"], method["card"]["last4"]) == ("mastercard", "4444")


@pytest.mark.parametrize(
    ("data", "status", "param"),
    [
        ({"[card][token]": "tok_none"}, 400, "payment_method_data[card][token]"),
        ({}, 400, "payment_method_data[card][token]"),
        ({"[card][number]": "4242424242424242"}, 402, None),
    ],
)
async def test_what_is_no_card_of_ours_does_not_pay(world, data, status, param):
    form = {f"payment_method_data{name}": value for name, value in {"[type]": "card", **data}.items()}

    refused = await world.pay(card="", **form)

    assert refused.status_code == status
    assert refused.json()["error"].get("param") == param
    assert world.payments == []


async def test_a_secret_for_the_client_is_always_the_same(world):
    payment = (await world.pay()).json()

    again = (await world.get(f"{INTENTS}/{payment['id']}")).json()

    assert payment["client_secret"] == again["client_secret"]
    assert payment["client_secret"].startswith(payment["id"] + "_secret_")


async def test_an_object_is_shown_as_it_was_where_a_fault_wants_it(world):
    payment = await held(world)
    await asyncio.sleep(100)
    captured = (await act(world, payment, "capture")).json()
    world.install("stale-read", where="books", parameters={"age_s": 60})
    path = f"{INTENTS}/{payment['id']}"

    stale = (await world.get(path, **{"expand[]": "latest_charge"})).json()
    bites = len(world.bites)
    await asyncio.sleep(61)
    fresh = (await world.get(path)).json()

    assert (stale["status"], stale["latest_charge"]["id"]) == ("requires_capture", payment["latest_charge"])
    assert fresh == captured
    assert bites == len(world.bites) == 1


async def test_what_did_not_exist_then_is_missing_where_a_fault_wants_it(world):
    payment = (await world.pay()).json()
    world.install("stale-read", where="books", parameters={"age_s": 60})

    missing = await world.get(f"/v1/charges/{payment['latest_charge']}")

    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "resource_missing")
    assert len(world.bites) == 1
