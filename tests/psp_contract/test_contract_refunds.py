"""Refunds: whole, in parts, pending, called back, failing later; and never more than was captured."""

import pytest
import stripe

DAY_S = 86_400


def test_a_payment_is_refunded_whole(sdk):
    payment = sdk.pay()

    refund = sdk.refunds.create(payment_intent=payment.id)

    assert (refund.object, refund.status, refund.amount, refund.currency) == ("refund", "succeeded", 1250, "eur")
    assert (refund.payment_intent, refund.charge) == (payment.id, payment.latest_charge)
    assert sdk.refunds.retrieve(refund.id).to_dict() == refund.to_dict()


def test_a_charge_is_refunded(sdk):
    payment = sdk.pay()

    refund = sdk.refunds.create(charge=payment.latest_charge, amount=5)

    assert (refund.payment_intent, refund.charge, refund.amount) == (payment.id, payment.latest_charge, 5)


def test_a_payment_is_refunded_in_parts_and_never_beyond(sdk):
    payment = sdk.pay()

    first = sdk.refunds.create(payment_intent=payment.id, amount=250, reason="requested_by_customer")
    rest = sdk.refunds.create(payment_intent=payment.id, metadata={"refund": "r-1"})

    assert (first.reason, rest.amount, rest.metadata["refund"]) == ("requested_by_customer", 1000, "r-1")
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        sdk.refunds.create(payment_intent=payment.id, amount=1)
    assert refusal.value.code == "charge_already_refunded"


def test_a_refund_that_is_too_large_is_refused_whole(sdk):
    payment = sdk.pay()

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        sdk.refunds.create(payment_intent=payment.id, amount=1251)

    assert (refusal.value.http_status, refusal.value.param) == (400, "amount")
    assert sdk.refunds.list(payment_intent=payment.id).data == []


@pytest.mark.parametrize("tries", [2, 12])
def test_refunds_at_once_never_exceed_the_capture(sdk, tries):
    payment = sdk.pay(amount=1000)

    answers = sdk.at_once("refunds", "create", times=tries, payment_intent=payment.id, amount=600)

    refunded = [answer for answer in answers if isinstance(answer, stripe.Refund)]
    refused = [answer for answer in answers if isinstance(answer, stripe.InvalidRequestError)]
    assert (len(refunded), len(refused)) == (1, tries - 1)
    assert sdk.charges.retrieve(payment.latest_charge).amount_refunded == 600


def test_a_partial_capture_bounds_its_refunds(sdk):
    held = sdk.pay(capture_method="manual")
    sdk.payment_intents.capture(held.id, amount_to_capture=300)

    with pytest.raises(stripe.InvalidRequestError):
        sdk.refunds.create(payment_intent=held.id, amount=301)

    assert sdk.refunds.create(payment_intent=held.id).amount == 300


def test_a_payment_of_which_nothing_was_taken_is_not_refunded(sdk):
    opened = sdk.payment_intents.create(amount=500, currency="eur")

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        sdk.refunds.create(payment_intent=opened.id)

    assert refusal.value.http_status == 400


@pytest.mark.parametrize("missing", [{"payment_intent": "pi_none"}, {"charge": "ch_none"}])
def test_what_does_not_exist_is_not_refunded(one_sdk, missing):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        one_sdk.refunds.create(**missing)

    assert refusal.value.code == "resource_missing"
    assert refusal.value.param == next(iter(missing))


def test_a_refund_says_of_what(one_sdk):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        one_sdk.refunds.create(amount=5)

    assert refusal.value.http_status == 400


@pytest.mark.parametrize("amount", [0, -1])
def test_a_refund_of_nothing_is_refused(one_sdk, amount):
    payment = one_sdk.pay()

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        one_sdk.refunds.create(payment_intent=payment.id, amount=amount)

    assert refusal.value.param == "amount"


def test_refunds_are_listed_by_payment_and_by_charge(sdk):
    payment = sdk.pay()
    other = sdk.pay()
    refunds = [sdk.refunds.create(payment_intent=payment.id, amount=amount).id for amount in (1, 2)]
    sdk.refunds.create(payment_intent=other.id)

    by_payment = sdk.refunds.list(payment_intent=payment.id)
    by_charge = sdk.refunds.list(charge=payment.latest_charge)

    assert [refund.id for refund in by_payment.data] == refunds[::-1]
    assert [refund.id for refund in by_charge.data] == refunds[::-1]


def test_words_about_a_refund_may_change(sdk):
    refund = sdk.refunds.create(payment_intent=sdk.pay().id, metadata={"a": "1"})

    updated = sdk.refunds.update(refund.id, metadata={"b": "2"})

    assert updated.metadata.to_dict() == {"a": "1", "b": "2"}


def test_a_pending_refund_is_called_back_and_its_money_is_free_again(sdk):
    payment = sdk.pay(payment_method="pm_card_pendingRefund")
    refund = sdk.refunds.create(payment_intent=payment.id)

    canceled = sdk.refunds.cancel(refund.id)

    assert (refund.status, canceled.status) == ("pending", "canceled")
    assert sdk.charges.retrieve(payment.latest_charge).amount_refunded == 0
    assert sdk.refunds.create(payment_intent=payment.id).amount == 1250


def test_a_refund_that_arrived_is_not_called_back(sdk):
    refund = sdk.refunds.create(payment_intent=sdk.pay().id)

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        sdk.refunds.cancel(refund.id)

    assert refusal.value.http_status == 400
    assert sdk.refunds.retrieve(refund.id).status == "succeeded"


def test_a_pending_refund_arrives_when_its_time_has_come(aging_sdk, aging_psp, until):
    payment = aging_sdk.pay(payment_method="pm_card_pendingRefund")
    refund = aging_sdk.refunds.create(payment_intent=payment.id)

    aging_psp.advance(seconds=DAY_S)

    until(lambda: aging_sdk.refunds.retrieve(refund.id).status == "succeeded")
    assert refund.status == "pending"


def test_a_refund_may_fail_later_and_the_money_comes_back(aging_sdk, aging_psp, until):
    payment = aging_sdk.pay(payment_method="pm_card_refundFail")
    refund = aging_sdk.refunds.create(payment_intent=payment.id)

    aging_psp.advance(seconds=DAY_S)

    until(lambda: aging_sdk.refunds.retrieve(refund.id).status == "failed")
    failed = aging_sdk.refunds.retrieve(refund.id, expand=["failure_balance_transaction"])
    assert refund.status == "succeeded"
    assert failed.failure_reason
    assert failed.failure_balance_transaction.amount == 1250
    assert aging_sdk.charges.retrieve(payment.latest_charge).amount_refunded == 0
