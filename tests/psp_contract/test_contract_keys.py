"""Idempotency keys: what is replayed, what is refused, and what is forgotten."""

import pytest
import stripe

DAY_S = 86_400


@pytest.fixture
def key(sdk):
    return {"idempotency_key": f"key of {sdk.order}"}


def replayed(answer):
    return answer.last_response.headers.get("Idempotent-Replayed")


def test_a_repetition_replays_the_first_answer(sdk, key):
    first = sdk.pay(options=key)

    second = sdk.pay(options=key)

    assert second.to_dict() == first.to_dict()
    assert (replayed(first), replayed(second)) == (None, "true")
    assert second.last_response.headers["Original-Request"] == first.last_response.request_id
    assert second.last_response.headers["Idempotency-Key"] == key["idempotency_key"]


def test_a_replay_tells_what_was_and_not_what_is(sdk, key):
    first = sdk.pay(options=key)
    sdk.payment_intents.update(first.id, description="changed since")

    second = sdk.pay(options=key)

    assert second.description is None


def test_a_key_with_another_amount_is_an_idempotency_error(sdk, key):
    sdk.pay(options=key)

    with pytest.raises(stripe.IdempotencyError) as refusal:
        sdk.pay(amount=1, options=key)

    assert refusal.value.http_status == 400
    assert refusal.value.error.type == "idempotency_error"


def test_a_key_at_another_operation_is_an_idempotency_error(sdk, key):
    payment = sdk.pay(options=key)

    with pytest.raises(stripe.IdempotencyError):
        sdk.refunds.create(payment_intent=payment.id, options=key)

    assert sdk.refunds.list(payment_intent=payment.id).data == []


def test_a_key_at_another_object_is_an_idempotency_error(sdk, key):
    first, second = (sdk.payment_intents.create(amount=50, currency="eur") for _ in range(2))
    sdk.payment_intents.cancel(first.id, options=key)

    with pytest.raises(stripe.IdempotencyError):
        sdk.payment_intents.cancel(second.id, options=key)


def test_the_order_of_parameters_is_of_no_importance(sdk, key):
    parameters = {"amount": 50, "currency": "eur", "metadata": {"a": "1", "b": "2"}}
    backwards = {"metadata": {"b": "2", "a": "1"}, "currency": "eur", "amount": 50}

    first = sdk.payment_intents.create(**parameters, options=key)
    second = sdk.payment_intents.create(**backwards, options=key)

    assert second.id == first.id


def test_thirty_at_once_create_one_payment(sdk, psp, key, until):
    # Without retries a 409 stays a 409; with them the answer comes in the end.
    psp.install("slow", order=sdk.order, parameters={"delay_s": [0.2, 0.2]})

    answers = sdk.at_once("payment_intents", "create", times=30, options=key, **sdk.purchase())

    paid = {answer.id for answer in answers if isinstance(answer, stripe.PaymentIntent)}
    busy = [answer for answer in answers if not isinstance(answer, stripe.PaymentIntent)]
    assert len(paid) == 1
    assert {(type(one), one.http_status) for one in busy} <= {(stripe.APIError, 409)}
    assert {one.json_body["error"]["code"] for one in busy} <= {"idempotency_key_in_use"}
    assert not (busy and sdk.way.retries_by_itself)
    found = until(lambda: sdk.payment_intents.search(query=f"metadata['order']:'{sdk.order}'").data)
    assert {payment.id for payment in found} == paid


def test_a_decline_is_replayed(sdk, key):
    declines = []
    for _ in range(2):
        with pytest.raises(stripe.CardError) as decline:
            sdk.pay(payment_method="pm_card_chargeDeclined", options=key)
        declines.append(decline.value)

    first, second = declines
    assert second.json_body == first.json_body
    assert second.headers["Idempotent-Replayed"] == "true"


def test_a_refusal_before_execution_is_not_remembered(sdk, key):
    with pytest.raises(stripe.InvalidRequestError):
        sdk.pay(amount=0, options=key)

    assert sdk.pay(options=key).status == "succeeded"


def test_an_error_after_execution_began_is_remembered(sdk, psp, key):
    psp.install("error-after", order=sdk.order, nth=[1], parameters={"status": 500})
    askings = 1 if sdk.way.retries_by_itself else 2

    for _ in range(askings):
        with pytest.raises(stripe.APIError) as failure:
            sdk.pay(options=key)

    assert failure.value.http_status == 500
    assert failure.value.headers["Idempotent-Replayed"] == "true"


def test_a_refusal_of_the_books_is_remembered(sdk, key):
    payment = sdk.payment_intents.create(amount=50, currency="eur")
    with pytest.raises(stripe.InvalidRequestError) as first:
        sdk.refunds.create(payment_intent=payment.id, options=key)

    with pytest.raises(stripe.InvalidRequestError) as second:
        sdk.refunds.create(payment_intent=payment.id, options=key)

    assert second.value.json_body == first.value.json_body
    assert second.value.headers["Idempotent-Replayed"] == "true"


def test_a_key_is_forgotten_after_its_retention(aging_sdk, aging_psp):
    key = {"idempotency_key": f"key of {aging_sdk.order}"}
    first = aging_sdk.pay(options=key)
    aging_psp.advance(seconds=DAY_S - 3_600)
    still = aging_sdk.pay(options=key)

    aging_psp.advance(seconds=7_200)

    anew = aging_sdk.pay(options=key)
    assert still.id == first.id
    assert anew.id != first.id
    assert replayed(anew) is None


def test_a_forgotten_key_takes_another_amount(aging_sdk, aging_psp):
    key = {"idempotency_key": f"key of {aging_sdk.order}"}
    aging_sdk.pay(options=key)

    aging_psp.advance(seconds=DAY_S + 1)

    assert aging_sdk.pay(amount=70, options=key).amount == 70


def test_a_key_belongs_to_an_account(sdk, key):
    first = sdk.pay(options=key)

    other = sdk.as_account("sk_test_neighbour").pay(options=key)

    assert other.id != first.id


def test_a_key_belongs_to_a_mode(sdk, key):
    first = sdk.pay(options=key)

    live = sdk.as_account("sk_live_contract").pay(options=key)

    assert live.id != first.id


def test_a_key_has_255_characters_at_most(sdk):
    longest = (sdk.order * 50)[:255]

    assert sdk.pay(options={"idempotency_key": longest}).status == "succeeded"
    with pytest.raises(stripe.InvalidRequestError):
        sdk.pay(options={"idempotency_key": longest + "x"})


def test_every_post_of_the_sdk_has_a_key_of_its_own(sdk):
    first, second = sdk.pay(), sdk.pay()

    assert first.id != second.id
    assert first.last_response.headers["Idempotency-Key"] != second.last_response.headers["Idempotency-Key"]


def test_a_refund_is_made_once_however_often_it_is_asked(sdk, key):
    payment = sdk.pay()

    refunds = {sdk.refunds.create(payment_intent=payment.id, amount=100, options=key).id for _ in range(3)}

    assert len(refunds) == 1
    assert sdk.charges.retrieve(payment.latest_charge).amount_refunded == 100


@pytest.mark.parametrize("profile", ["paypal", "none"])
def test_another_profile_keeps_its_own_rules(connect, unretrying, launch, profile):
    sdk = connect(unretrying, to=launch(idempotency_profile=profile))
    key = {"idempotency_key": f"key of {sdk.order}"}
    first = sdk.pay(options=key)

    second = sdk.pay(options=key)

    assert (second.id == first.id) is (profile != "none")
