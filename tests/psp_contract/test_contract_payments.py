"""PaymentIntents: every operation, in every state."""

import pytest
import stripe

EUR = {"amount": 1250, "currency": "eur"}


def test_a_payment_without_a_method_waits_for_one(sdk):
    payment = sdk.payment_intents.create(**EUR)

    assert payment.status == "requires_payment_method"
    assert (payment.amount, payment.currency, payment.amount_received) == (1250, "eur", 0)
    assert payment.latest_charge is None
    assert payment.client_secret.startswith(f"{payment.id}_secret_")


def test_a_payment_with_a_method_waits_for_its_confirmation(sdk):
    payment = sdk.payment_intents.create(**EUR, payment_method="pm_card_visa")

    assert payment.status == "requires_confirmation"


def test_a_payment_is_confirmed_as_it_is_created(sdk):
    payment = sdk.pay(description="shoes & socks", off_session=True)

    assert (payment.status, payment.amount_received, payment.description) == ("succeeded", 1250, "shoes & socks")
    assert payment.latest_charge.startswith("ch_")
    assert payment.payment_method.startswith("pm_")


def test_a_payment_is_confirmed_later_with_the_method_it_has(sdk):
    opened = sdk.payment_intents.create(**EUR, payment_method="pm_card_visa")

    confirmed = sdk.payment_intents.confirm(opened.id)

    assert (confirmed.id, confirmed.status) == (opened.id, "succeeded")


def test_a_payment_is_confirmed_later_with_another_method(sdk):
    opened = sdk.payment_intents.create(**EUR)

    confirmed = sdk.payment_intents.confirm(
        opened.id, payment_method="pm_card_mastercard", return_url="https://shop.example/back"
    )

    assert confirmed.status == "succeeded"


def test_a_payment_cannot_be_confirmed_without_a_method(sdk):
    opened = sdk.payment_intents.create(**EUR)

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        sdk.payment_intents.confirm(opened.id)

    assert refusal.value.http_status == 400
    assert sdk.payment_intents.retrieve(opened.id).status == "requires_payment_method"


def test_a_payment_cannot_be_created_confirmed_without_a_method(sdk):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        sdk.payment_intents.create(**EUR, confirm=True)

    assert refusal.value.http_status == 400


def test_a_payment_cannot_be_confirmed_twice(sdk):
    payment = sdk.pay()

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        sdk.payment_intents.confirm(payment.id)

    assert refusal.value.code == "payment_intent_unexpected_state"
    assert refusal.value.error.payment_intent.status == "succeeded"


def test_a_payment_is_updated_before_it_is_confirmed(sdk):
    opened = sdk.payment_intents.create(**EUR, metadata={"kept": "1", "gone": "2"})

    updated = sdk.payment_intents.update(
        opened.id, amount=2000, description="two pairs", metadata={"gone": "", "new": "3"}
    )

    assert (updated.id, updated.amount, updated.description) == (opened.id, 2000, "two pairs")
    assert updated.metadata.to_dict() == {"kept": "1", "new": "3"}
    assert sdk.payment_intents.confirm(opened.id, payment_method="pm_card_visa").amount_received == 2000


def test_the_amount_of_a_payment_that_succeeded_is_fixed(sdk):
    payment = sdk.pay()

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        sdk.payment_intents.update(payment.id, amount=1)

    assert refusal.value.code == "payment_intent_unexpected_state"
    assert sdk.payment_intents.retrieve(payment.id).amount == 1250


def test_words_about_a_payment_that_succeeded_may_change(sdk):
    payment = sdk.pay()

    updated = sdk.payment_intents.update(payment.id, description="paid", metadata={"invoice": "7"})

    assert (updated.status, updated.description) == ("succeeded", "paid")
    assert updated.metadata.to_dict() == {"order": sdk.order, "invoice": "7"}


@pytest.mark.parametrize("reason", ["duplicate", "fraudulent", "requested_by_customer", "abandoned"])
def test_a_payment_is_canceled_for_a_reason(one_sdk, reason):
    opened = one_sdk.payment_intents.create(**EUR)

    canceled = one_sdk.payment_intents.cancel(opened.id, cancellation_reason=reason)

    assert (canceled.status, canceled.cancellation_reason) == ("canceled", reason)
    assert canceled.canceled_at >= canceled.created


def test_a_payment_is_canceled_without_a_reason(sdk):
    opened = sdk.payment_intents.create(**EUR)

    canceled = sdk.payment_intents.cancel(opened.id)

    assert (canceled.status, canceled.cancellation_reason) == ("canceled", None)


def test_an_unknown_reason_cancels_nothing(one_sdk):
    opened = one_sdk.payment_intents.create(**EUR)

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        one_sdk.payment_intents.cancel(opened.id, cancellation_reason="boredom")

    assert refusal.value.param == "cancellation_reason"
    assert one_sdk.payment_intents.retrieve(opened.id).status == "requires_payment_method"


def test_a_payment_that_succeeded_cannot_be_canceled(sdk):
    payment = sdk.pay()

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        sdk.payment_intents.cancel(payment.id)

    assert (refusal.value.http_status, refusal.value.code) == (400, "payment_intent_unexpected_state")


def test_a_canceled_payment_cannot_be_confirmed(sdk):
    opened = sdk.payment_intents.create(**EUR, payment_method="pm_card_visa")
    sdk.payment_intents.cancel(opened.id)

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        sdk.payment_intents.confirm(opened.id)

    assert refusal.value.code == "payment_intent_unexpected_state"


def test_money_is_set_aside_and_captured(sdk):
    held = sdk.pay(capture_method="manual")

    captured = sdk.payment_intents.capture(held.id, metadata={"shipped": "yes"})

    assert (held.status, held.amount_capturable, held.amount_received) == ("requires_capture", 1250, 0)
    assert (captured.status, captured.amount_capturable, captured.amount_received) == ("succeeded", 0, 1250)
    assert captured.metadata.to_dict() == {"order": sdk.order, "shipped": "yes"}
    assert captured.latest_charge == held.latest_charge


def test_money_is_captured_in_part_and_the_rest_released(sdk):
    held = sdk.pay(capture_method="manual")

    captured = sdk.payment_intents.capture(held.id, amount_to_capture=250)

    charge = sdk.charges.retrieve(captured.latest_charge)
    assert (captured.status, captured.amount, captured.amount_received) == ("succeeded", 1250, 250)
    assert captured.amount_capturable == 0
    assert (charge.amount, charge.amount_captured) == (1250, 250)
    with pytest.raises(stripe.InvalidRequestError):
        sdk.payment_intents.capture(held.id, amount_to_capture=1)


def test_no_more_is_captured_than_was_set_aside(sdk):
    held = sdk.pay(capture_method="manual")

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        sdk.payment_intents.capture(held.id, amount_to_capture=1251)

    assert refusal.value.code == "amount_too_large"
    assert sdk.payment_intents.retrieve(held.id).amount_capturable == 1250


def test_money_that_was_captured_is_not_captured_again(sdk):
    payment = sdk.pay()

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        sdk.payment_intents.capture(payment.id)

    assert refusal.value.code == "payment_intent_unexpected_state"


def test_money_that_was_set_aside_is_released_by_canceling(sdk):
    held = sdk.pay(capture_method="manual")

    canceled = sdk.payment_intents.cancel(held.id)

    assert (canceled.status, canceled.amount_capturable, canceled.amount_received) == ("canceled", 0, 0)


def test_captures_at_once_never_exceed_what_was_set_aside(sdk):
    held = sdk.pay(capture_method="manual")

    answers = sdk.at_once("payment_intents", "capture", held.id, times=5, amount_to_capture=700)

    assert sum(isinstance(answer, stripe.PaymentIntent) for answer in answers) == 1
    assert sum(isinstance(answer, stripe.InvalidRequestError) for answer in answers) == 4
    assert sdk.payment_intents.retrieve(held.id).amount_received == 700


def test_an_asynchronous_capture_ends_as_well(sdk):
    payment = sdk.pay(capture_method="automatic_async")

    assert payment.capture_method == "automatic_async"
    assert payment.status == "succeeded"


def test_a_payment_is_retrieved_as_it_was_told(sdk):
    created = sdk.pay()

    assert sdk.payment_intents.retrieve(created.id).to_dict() == created.to_dict()


def test_payments_of_a_customer_are_listed_newest_first(sdk):
    customer = sdk.customers.create(email="jenny@example.com")
    paid = [sdk.pay(customer=customer.id).id for _ in range(3)]
    sdk.pay()

    listed = sdk.payment_intents.list(customer=customer.id)

    assert [payment.id for payment in listed.data] == paid[::-1]
    assert not listed.has_more


def test_payments_are_found_by_their_metadata(sdk, until):
    paid = [sdk.pay(metadata={"searched": sdk.order}).id for _ in range(3)]

    found = until(lambda: sdk.payment_intents.search(query=f"metadata['searched']:'{sdk.order}'").data)

    assert sorted(payment.id for payment in found) == sorted(paid)


def test_payments_are_found_by_metadata_and_status(sdk, until):
    sdk.pay()
    held = sdk.pay(capture_method="manual")

    query = f"metadata['order']:'{sdk.order}' AND status:'requires_capture'"
    found = until(lambda: sdk.payment_intents.search(query=query).data)

    assert [payment.id for payment in found] == [held.id]


def test_a_search_is_turned_to_its_last_page(sdk, until):
    paid = [sdk.pay().id for _ in range(5)]
    query = f"metadata['order']:'{sdk.order}' AND created>{1}"
    until(lambda: len(sdk.payment_intents.search(query=query).data) == 5)

    first = sdk.payment_intents.search(query=query, limit=2)

    assert (first.object, len(first.data), first.has_more) == ("search_result", 2, True)
    assert first.next_page
    assert sorted(payment.id for payment in sdk.all_of(first)) == sorted(paid)


@pytest.mark.parametrize("query", ["", "status", "status:", "metadata['a':'b'", "amount~1 OR", "colour:'red'", "'" * 9])
def test_a_search_that_says_nothing_is_refused(one_sdk, query):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        one_sdk.payment_intents.search(query=query)

    assert refusal.value.http_status == 400


@pytest.mark.parametrize("verb", ["retrieve", "update", "confirm", "capture", "cancel"])
def test_a_payment_that_does_not_exist_is_missing_whatever_is_asked(one_sdk, verb):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        getattr(one_sdk.payment_intents, verb)("pi_none", **({"description": "x"} if verb == "update" else {}))

    assert (refusal.value.http_status, refusal.value.code) == (404, "resource_missing")
    assert refusal.value.param == "intent"
