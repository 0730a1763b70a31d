"""Customers and their payment methods, as far as the usual flows need them."""

import pytest
import stripe


def test_a_customer_is_created_and_retrieved(sdk):
    created = sdk.customers.create(
        email="jenny@example.com", name="Jenny Rosen", phone="+4930", description="a friend", metadata={"vip": "yes"}
    )

    retrieved = sdk.customers.retrieve(created.id)

    assert created.id.startswith("cus_")
    assert (created.object, created.email, created.name) == ("customer", "jenny@example.com", "Jenny Rosen")
    assert (created.phone, created.description, created.metadata["vip"]) == ("+4930", "a friend", "yes")
    assert retrieved.to_dict() == created.to_dict()


def test_a_customer_is_updated(sdk):
    customer = sdk.customers.create(name="Jenny", metadata={"kept": "1", "gone": "2"})

    updated = sdk.customers.update(customer.id, name="Jenny Rosen", metadata={"gone": ""})

    assert (updated.name, updated.metadata.to_dict()) == ("Jenny Rosen", {"kept": "1"})


def test_a_customer_is_deleted_and_remains_as_a_shadow(sdk):
    customer = sdk.customers.create()

    deleted = sdk.customers.delete(customer.id)

    assert (deleted.id, deleted.deleted) == (customer.id, True)
    assert sdk.customers.retrieve(customer.id).deleted
    with pytest.raises(stripe.InvalidRequestError):
        sdk.customers.update(customer.id, name="Nobody")


def test_customers_are_listed_by_email(sdk):
    address = f"{sdk.order}@example.com"
    customers = [sdk.customers.create(email=address).id for _ in range(2)]
    sdk.customers.create(email="somebody.else@example.com")

    listed = sdk.customers.list(email=address)

    assert [customer.id for customer in listed.data] == customers[::-1]


def test_a_customer_that_does_not_exist_is_missing(sdk):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        sdk.customers.retrieve("cus_none")

    assert (refusal.value.http_status, refusal.value.code) == (404, "resource_missing")


def test_a_payment_for_nobody_is_refused(sdk):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        sdk.pay(customer="cus_none")

    assert (refusal.value.code, refusal.value.param) == ("resource_missing", "customer")


def test_a_test_card_becomes_a_method_of_its_own_by_attaching_it(sdk):
    customer = sdk.customers.create()

    method = sdk.payment_methods.attach("pm_card_visa", customer=customer.id)

    assert method.id.startswith("pm_")
    assert method.id != "pm_card_visa"
    assert (method.object, method.type, method.customer) == ("payment_method", "card", customer.id)
    assert (method.card.brand, method.card.last4) == ("visa", "4242")


def test_a_kept_method_pays(sdk):
    customer = sdk.customers.create()
    method = sdk.payment_methods.attach("pm_card_mastercard", customer=customer.id)

    payment = sdk.pay(customer=customer.id, payment_method=method.id, off_session=True)

    assert (payment.status, payment.customer, payment.payment_method) == ("succeeded", customer.id, method.id)


def test_a_kept_method_declines_as_its_card_does(sdk):
    customer = sdk.customers.create()
    method = sdk.payment_methods.attach("pm_card_chargeDeclinedInsufficientFunds", customer=customer.id)

    with pytest.raises(stripe.CardError) as decline:
        sdk.pay(customer=customer.id, payment_method=method.id)

    assert decline.value.error.decline_code == "insufficient_funds"


def test_methods_are_listed_by_customer(sdk):
    customer = sdk.customers.create()
    methods = [sdk.payment_methods.attach(card, customer=customer.id).id for card in ("pm_card_visa", "pm_card_amex")]

    listed = sdk.payment_methods.list(customer=customer.id, type="card")

    assert [method.id for method in listed.data] == methods[::-1]


def test_a_method_is_detached(sdk):
    customer = sdk.customers.create()
    method = sdk.payment_methods.attach("pm_card_visa", customer=customer.id)

    detached = sdk.payment_methods.detach(method.id)

    assert detached.customer is None
    assert sdk.payment_methods.list(customer=customer.id).data == []


def test_a_method_is_created_from_a_token(sdk):
    method = sdk.payment_methods.create(type="card", card={"token": "tok_visa"})

    payment = sdk.pay(payment_method=method.id)

    assert sdk.payment_methods.retrieve(method.id).card.last4 == "4242"
    assert (payment.status, payment.payment_method) == ("succeeded", method.id)


def test_a_method_of_somebody_else_does_not_pay(sdk):
    owner, other = sdk.customers.create(), sdk.customers.create()
    method = sdk.payment_methods.attach("pm_card_visa", customer=owner.id)

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        sdk.pay(customer=other.id, payment_method=method.id)

    assert refusal.value.http_status == 400
