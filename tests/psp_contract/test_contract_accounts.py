"""Accounts and modes: what is done with one key is nowhere to be seen with another."""

import pytest
import stripe

OTHERS = {"another account": "sk_test_neighbour", "the other mode": "sk_live_contract"}


@pytest.fixture(params=OTHERS)
def stranger(request, sdk):
    """The SDK with a key of somebody else."""
    return sdk.as_account(OTHERS[request.param])


def test_a_stranger_works_in_books_of_its_own(sdk, stranger):
    payment = stranger.pay()

    refund = stranger.refunds.create(payment_intent=payment.id)

    assert (payment.status, refund.status) == ("succeeded", "succeeded")
    assert payment.livemode is (stranger.key.startswith("sk_live"))


def test_a_payment_is_missing_for_a_stranger(sdk, stranger):
    payment = sdk.pay()

    for ask in (
        lambda: stranger.payment_intents.retrieve(payment.id),
        lambda: stranger.charges.retrieve(payment.latest_charge),
        lambda: stranger.payment_intents.cancel(payment.id),
    ):
        with pytest.raises(stripe.InvalidRequestError) as refusal:
            ask()
        assert (refusal.value.http_status, refusal.value.code) == (404, "resource_missing")


def test_a_stranger_refunds_nothing(sdk, stranger):
    payment = sdk.pay()

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        stranger.refunds.create(payment_intent=payment.id)

    assert refusal.value.code == "resource_missing"
    assert sdk.refunds.list(payment_intent=payment.id).data == []


def test_lists_and_searches_hold_nothing_of_a_stranger(sdk, stranger, until):
    payment = sdk.pay()
    query = f"metadata['order']:'{sdk.order}'"
    until(lambda: sdk.payment_intents.search(query=query).data)

    found = stranger.payment_intents.search(query=query).data
    listed = [one.id for one in stranger.payment_intents.list(limit=100).data]
    events = [one.data.object.id for one in stranger.events.list(limit=100).data]

    assert found == []
    assert payment.id not in [*listed, *events]


def test_a_cursor_of_a_stranger_is_missing(sdk, stranger):
    payment = sdk.pay()

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        stranger.payment_intents.list(starting_after=payment.id)

    assert refusal.value.code == "resource_missing"


def test_money_of_a_stranger_is_in_another_balance(sdk, stranger):
    before = stranger.balance.retrieve().to_dict()

    sdk.pay()

    assert stranger.balance.retrieve().to_dict() == before


def test_an_endpoint_hears_nothing_of_a_stranger(sdk, stranger, inbox, subscribe):
    endpoint = subscribe("payment_intent.succeeded", sdk=stranger)
    sdk.pay()

    own = stranger.pay()

    event = inbox.next_event(endpoint.secret)
    assert event.data.object.id == own.id
    assert event.livemode is own.livemode
    assert inbox.received.empty()


def test_a_customer_of_a_stranger_does_not_pay(sdk, stranger):
    customer = sdk.customers.create()

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        stranger.pay(customer=customer.id)

    assert refusal.value.code == "resource_missing"
