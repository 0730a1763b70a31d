"""Charges, and what can be shown in place of an identifier."""

import pytest
import stripe


def test_a_payment_leaves_a_charge(sdk):
    payment = sdk.pay(description="socks")

    charge = sdk.charges.retrieve(payment.latest_charge)

    assert (charge.object, charge.payment_intent, charge.currency) == ("charge", payment.id, "eur")
    assert (charge.amount, charge.amount_captured, charge.amount_refunded) == (1250, 1250, 0)
    assert (charge.status, charge.paid, charge.captured, charge.refunded) == ("succeeded", True, True, False)
    assert charge.metadata.to_dict() == {"order": sdk.order}
    assert charge.payment_method_details.card.brand == "visa"


def test_a_charge_that_was_only_set_aside_is_not_captured(sdk):
    held = sdk.pay(capture_method="manual")

    charge = sdk.charges.retrieve(held.latest_charge)

    assert (charge.captured, charge.amount_captured, charge.paid) == (False, 0, True)
    assert charge.balance_transaction is None


def test_a_charge_knows_what_was_refunded(sdk):
    payment = sdk.pay()
    sdk.refunds.create(payment_intent=payment.id, amount=250)

    part = sdk.charges.retrieve(payment.latest_charge)
    sdk.refunds.create(payment_intent=payment.id)
    whole = sdk.charges.retrieve(payment.latest_charge)

    assert (part.amount_refunded, part.refunded) == (250, False)
    assert (whole.amount_refunded, whole.refunded) == (1250, True)


def test_charges_are_listed_by_payment(sdk):
    first, second = sdk.pay(), sdk.pay()

    listed = sdk.charges.list(payment_intent=first.id)

    newest = sdk.charges.list(limit=2)
    assert [charge.id for charge in listed.data] == [first.latest_charge]
    assert [charge.id for charge in newest.data] == [second.latest_charge, first.latest_charge]


def test_a_charge_that_does_not_exist_is_missing(sdk):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        sdk.charges.retrieve("ch_none")

    assert (refusal.value.http_status, refusal.value.code) == (404, "resource_missing")


def test_a_charge_is_shown_in_place_of_its_identifier(sdk):
    paid = sdk.pay(expand=["latest_charge"])

    shown = sdk.payment_intents.retrieve(paid.id, expand=["latest_charge"])
    plain = sdk.payment_intents.retrieve(paid.id)

    assert paid.latest_charge.to_dict() == shown.latest_charge.to_dict()
    assert shown.latest_charge.id == plain.latest_charge


def test_what_is_shown_may_show_more(sdk):
    paid = sdk.pay(expand=["latest_charge.balance_transaction"])

    settled = paid.latest_charge.balance_transaction
    assert (settled.object, settled.amount, settled.source) == ("balance_transaction", 1250, paid.latest_charge.id)


def test_both_ways_are_shown(sdk):
    customer = sdk.customers.create(name="Jenny")
    payment = sdk.pay(customer=customer.id)

    charge = sdk.charges.retrieve(payment.latest_charge, expand=["payment_intent.customer", "customer"])

    assert charge.payment_intent.customer.name == charge.customer.name == "Jenny"


def test_each_of_a_list_is_shown(sdk):
    customer = sdk.customers.create()
    paid = [sdk.pay(customer=customer.id) for _ in range(3)]

    listed = sdk.payment_intents.list(customer=customer.id, expand=["data.latest_charge"])

    shown = [payment.latest_charge.id for payment in listed.data]
    assert shown == [payment.latest_charge for payment in paid][::-1]


def test_the_refunds_of_a_charge_are_shown(sdk):
    payment = sdk.pay()
    refund = sdk.refunds.create(payment_intent=payment.id, amount=5)

    charge = sdk.charges.retrieve(payment.latest_charge, expand=["refunds"])

    assert [one.id for one in charge.refunds.data] == [refund.id]


def test_what_belongs_to_a_refund_is_shown(sdk):
    payment = sdk.pay()

    refund = sdk.refunds.create(payment_intent=payment.id, expand=["charge", "payment_intent", "balance_transaction"])

    assert (refund.charge.id, refund.payment_intent.id) == (payment.latest_charge, payment.id)
    assert refund.balance_transaction.amount == -1250


@pytest.mark.parametrize("field", ["colour", "amount", "latest_charge.colour", "latest_charge.amount", "."])
def test_what_cannot_be_shown_is_refused(one_sdk, field):
    payment = one_sdk.pay()

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        one_sdk.payment_intents.retrieve(payment.id, expand=[field])

    assert refusal.value.http_status == 400


def test_not_everything_is_shown_at_any_depth(one_sdk):
    payment = one_sdk.pay()

    with pytest.raises(stripe.InvalidRequestError):
        one_sdk.payment_intents.retrieve(
            payment.id, expand=["latest_charge.payment_intent.latest_charge.payment_intent.latest_charge"]
        )
