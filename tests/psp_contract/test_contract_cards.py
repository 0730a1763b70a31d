"""Stripe's test payment methods, and how each of them ends (docs.stripe.com/testing)."""

import pytest
import stripe

PAYING = (
    "pm_card_visa",
    "pm_card_visa_debit",
    "pm_card_mastercard",
    "pm_card_mastercard_debit",
    "pm_card_amex",
    "pm_card_discover",
    "pm_card_jcb",
)
DECLINING = (  # card, code, decline code
    ("pm_card_chargeDeclined", "card_declined", "generic_decline"),
    ("pm_card_visa_chargeDeclined", "card_declined", "generic_decline"),
    ("pm_card_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
    ("pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
    ("pm_card_visa_chargeDeclinedLostCard", "card_declined", "lost_card"),
    ("pm_card_visa_chargeDeclinedStolenCard", "card_declined", "stolen_card"),
    ("pm_card_chargeDeclinedExpiredCard", "expired_card", "expired_card"),
    ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", "incorrect_cvc"),
    ("pm_card_chargeDeclinedProcessingError", "processing_error", "processing_error"),
)


@pytest.mark.parametrize("card", PAYING)
def test_a_good_card_pays(one_sdk, card):
    payment = one_sdk.pay(payment_method=card)

    assert (payment.status, payment.amount_received) == ("succeeded", 1250)


@pytest.mark.parametrize(("card", "code", "decline_code"), DECLINING)
def test_a_bad_card_is_declined_with_its_code(one_sdk, card, code, decline_code):
    with pytest.raises(stripe.CardError) as decline:
        one_sdk.pay(payment_method=card)

    assert (decline.value.http_status, decline.value.code) == (402, code)
    assert decline.value.error.type == "card_error"
    assert decline.value.error.decline_code == decline_code


def test_a_decline_brings_its_payment_and_its_charge_along(sdk):
    with pytest.raises(stripe.CardError) as decline:
        sdk.pay(payment_method="pm_card_chargeDeclinedInsufficientFunds")

    told = decline.value.error.payment_intent
    payment = sdk.payment_intents.retrieve(told.id)
    charge = sdk.charges.retrieve(decline.value.error.charge)
    assert told.status == payment.status == "requires_payment_method"
    assert payment.last_payment_error.decline_code == "insufficient_funds"
    assert payment.last_payment_error.charge == charge.id == payment.latest_charge
    assert (charge.status, charge.paid, charge.failure_code) == ("failed", False, "card_declined")
    assert payment.amount_received == 0


def test_another_card_pays_after_a_decline(sdk):
    with pytest.raises(stripe.CardError) as decline:
        sdk.pay(payment_method="pm_card_chargeDeclined")

    paid = sdk.payment_intents.confirm(decline.value.error.payment_intent.id, payment_method="pm_card_visa")

    charges = sdk.charges.list(payment_intent=paid.id).data
    assert (paid.status, paid.amount_received, paid.last_payment_error) == ("succeeded", 1250, None)
    assert [charge.status for charge in charges] == ["succeeded", "failed"]


def test_a_declined_card_is_taken_off(sdk):
    opened = sdk.payment_intents.create(amount=50, currency="eur", payment_method="pm_card_chargeDeclined")

    with pytest.raises(stripe.CardError):
        sdk.payment_intents.confirm(opened.id)

    with pytest.raises(stripe.InvalidRequestError):
        sdk.payment_intents.confirm(opened.id)
    assert sdk.payment_intents.retrieve(opened.id).payment_method is None


def test_a_card_that_does_not_exist_is_missing(sdk):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        sdk.pay(payment_method="pm_card_of_mine")

    assert (refusal.value.http_status, refusal.value.code) == (400, "resource_missing")
    assert refusal.value.param == "payment_method"


def test_a_card_may_want_its_owner(sdk, psp):
    payment = sdk.pay(payment_method="pm_card_authenticationRequired", return_url="https://shop.example/back")

    psp.control.post(f"/payments/{payment.id}/authenticate", json={"succeeded": True}).raise_for_status()

    assert payment.status == "requires_action"
    assert payment.next_action.type
    assert sdk.payment_intents.retrieve(payment.id).status == "succeeded"


def test_an_owner_may_fail(sdk, psp):
    payment = sdk.pay(payment_method="pm_card_authenticationRequired", return_url="https://shop.example/back")

    psp.control.post(f"/payments/{payment.id}/authenticate", json={"succeeded": False}).raise_for_status()

    failed = sdk.payment_intents.retrieve(payment.id)
    assert (failed.status, failed.amount_received) == ("requires_payment_method", 0)
    assert failed.last_payment_error.code == "payment_intent_authentication_failure"


def test_a_payment_that_waits_for_its_owner_is_canceled(sdk):
    payment = sdk.pay(payment_method="pm_card_authenticationRequired", return_url="https://shop.example/back")

    canceled = sdk.payment_intents.cancel(payment.id)

    assert (canceled.status, canceled.next_action) == ("canceled", None)
