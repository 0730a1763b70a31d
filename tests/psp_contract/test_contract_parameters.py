"""Parameters at their bounds: amounts, currencies, metadata, and those that nobody knows."""

import pytest
import stripe

LARGEST = 99_999_999


@pytest.mark.parametrize("amount", [50, 51, 999_999, LARGEST])
def test_an_amount_within_the_bounds_is_taken(sdk, amount):
    payment = sdk.pay(amount=amount)

    refund = sdk.refunds.create(payment_intent=payment.id, amount=amount)

    assert (payment.amount_received, refund.amount) == (amount, amount)


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        (0, "amount_too_small"),
        (-1, "amount_too_small"),
        (LARGEST + 1, "amount_too_large"),
        (10**17, "amount_too_large"),
        (10**40, None),
        ("1.5", "parameter_invalid_integer"),
        ("1e3", "parameter_invalid_integer"),
        ("ten", "parameter_invalid_integer"),
        ("0x10", "parameter_invalid_integer"),
        ("\u0661\u0660", "parameter_invalid_integer"),
        (" 10", "parameter_invalid_integer"),
        ("+10", "parameter_invalid_integer"),
        ("1_000", "parameter_invalid_integer"),
        (True, "parameter_invalid_integer"),
    ],
)
def test_an_amount_beyond_the_bounds_is_refused(one_sdk, amount, code):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        one_sdk.pay(amount=amount)

    assert (refusal.value.http_status, refusal.value.param) == (400, "amount")
    assert code in (refusal.value.code, None)


@pytest.mark.parametrize("currency", ["jpy", "krw", "clp", "vnd"])
def test_a_currency_without_minor_units_is_counted_whole(sdk, currency):
    payment = sdk.pay(amount=500, currency=currency)

    refund = sdk.refunds.create(payment_intent=payment.id, amount=499)
    settled = sdk.balance_transactions.list(source=payment.latest_charge).data[0]
    assert (payment.amount_received, payment.currency, refund.amount) == (500, currency, 499)
    assert (settled.amount, settled.currency) == (500, currency)


@pytest.mark.parametrize("currency", ["kwd", "bhd", "jod", "omr", "tnd"])
def test_a_currency_with_three_digits_is_taken_in_tens(one_sdk, currency):
    payment = one_sdk.pay(amount=5_120, currency=currency)

    assert (payment.amount_received, payment.currency) == (5_120, currency)
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        one_sdk.pay(amount=5_124, currency=currency)
    assert refusal.value.http_status == 400


def test_a_currency_may_be_shouted(sdk):
    assert sdk.pay(currency="EUR").currency == "eur"


@pytest.mark.parametrize("currency", ["zzz", "eu", "euro", "€", "123", "e r"])
def test_a_currency_that_nobody_has_is_refused(one_sdk, currency):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        one_sdk.pay(currency=currency)

    assert (refusal.value.http_status, refusal.value.param) == (400, "currency")


def test_metadata_comes_back_as_it_was(sdk):
    odd = {
        "odd[key]": "100% €",
        "[": "]",
        "a][b": "&=+;?#",
        "emoji": "🧦",
        "spaces in it": " a  b ",
        "lines": "one\ntwo\r\n",
        "number": "007",
    }

    payment = sdk.pay(metadata=odd)

    assert payment.metadata.to_dict() == {"order": sdk.order, **odd}
    assert sdk.payment_intents.retrieve(payment.id).metadata.to_dict() == {"order": sdk.order, **odd}


def test_metadata_has_fifty_keys_at_most(sdk):
    fifty = {f"key {number}": "x" for number in range(50)}
    payment = sdk.payment_intents.create(amount=50, currency="eur", metadata=fifty)

    with pytest.raises(stripe.InvalidRequestError):
        sdk.payment_intents.create(amount=50, currency="eur", metadata={**fifty, "one more": "x"})
    with pytest.raises(stripe.InvalidRequestError):
        sdk.payment_intents.update(payment.id, metadata={"one more": "x"})

    assert sdk.payment_intents.retrieve(payment.id).metadata.to_dict() == fifty


@pytest.mark.parametrize(("key", "value"), [("k" * 40, "v"), ("k", "v" * 500)])
def test_metadata_may_be_as_long_as_this(one_sdk, key, value):
    assert one_sdk.pay(metadata={key: value}).metadata[key] == value


@pytest.mark.parametrize(("key", "value"), [("k" * 41, "v"), ("k", "v" * 501)])
def test_metadata_may_not_be_as_long_as_that(one_sdk, key, value):
    with pytest.raises(stripe.InvalidRequestError):
        one_sdk.pay(metadata={key: value})


def test_an_empty_value_unsets_a_key_and_an_empty_string_unsets_all(sdk):
    payment = sdk.pay(metadata={"a": "1", "b": "2"})

    without_a = sdk.payment_intents.update(payment.id, metadata={"a": ""})
    without_any = sdk.payment_intents.update(payment.id, metadata="")

    assert without_a.metadata.to_dict() == {"order": sdk.order, "b": "2"}
    assert without_any.metadata.to_dict() == {}


def test_a_description_is_unset(sdk):
    payment = sdk.pay(description="socks")

    assert sdk.payment_intents.update(payment.id, description="").description is None


def test_what_nobody_knows_is_ignored(sdk):
    payment = sdk.pay(shoe_size=43, nested={"a": {"b": [1, 2]}})

    assert payment.status == "succeeded"


def test_what_nobody_knows_is_refused_in_strict_mode(connect, strict_psp, way):
    strict = connect(way, to=strict_psp)

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        strict.pay(shoe_size=43)

    assert (refusal.value.code, refusal.value.param) == ("parameter_unknown", "shoe_size")
    assert strict.pay().status == "succeeded"


@pytest.mark.parametrize(
    "form",
    [
        "amount=700&currency=eur&payment_method_types[]=card&expand[]=latest_charge",
        "amount=700&currency=eur&payment_method_types[0]=card&expand[0]=latest_charge",
        "amount=700&currency=eur&payment_method_types%5B0%5D=card&expand%5B%5D=latest_charge",
        "expand[5]=latest_charge&currency=eur&amount=700&payment_method_types[9]=card",
    ],
)
def test_sequences_are_read_however_they_are_written(raw, form):
    form += "&confirm=true&payment_method=pm_card_visa"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}

    answer = raw.post("/v1/payment_intents", content=form, headers=headers)

    assert answer.status_code == 200, answer.text
    assert answer.json()["latest_charge"]["amount"] == 700
    assert answer.json()["payment_method_types"] == ["card"]


@pytest.mark.parametrize("brackets", ["created[gte]={}", "created%5Bgte%5D={}", "created%5bgte%5d={}"])
def test_brackets_of_a_query_may_be_encoded(one_sdk, raw, brackets):
    payment = one_sdk.pay()

    included = raw.get("/v1/payment_intents?limit=100&" + brackets.format(payment.created))
    excluded = raw.get("/v1/payment_intents?limit=100&" + brackets.format(payment.created + 9_999))

    assert payment.id in [one["id"] for one in included.json()["data"]]
    assert excluded.json()["data"] == []


@pytest.mark.parametrize(
    ("form", "param"),
    [
        ("amount=5&amount[a]=5&currency=eur", "amount"),
        ("amount[a]=5&currency=eur", "amount"),
        ("amount=5&currency[]=eur", "currency"),
        ("amount=5&currency=eur&metadata=x", "metadata"),
        ("amount=5&currency=eur&confirm=perhaps", "confirm"),
        ("amount=5&currency=eur&capture_method=someday", "capture_method"),
    ],
)
def test_a_form_that_contradicts_itself_is_refused(raw, form, param):
    headers = {"Content-Type": "application/x-www-form-urlencoded"}

    answer = raw.post("/v1/payment_intents", content=form, headers=headers)

    assert answer.status_code == 400
    assert answer.json()["error"]["param"].startswith(param)


def test_json_is_refused(raw):
    answer = raw.post("/v1/payment_intents", json={"amount": 500, "currency": "eur"})

    assert answer.status_code == 400
    assert "x-www-form-urlencoded" in answer.json()["error"]["message"]


def test_a_body_that_is_too_large_is_refused(raw):
    answer = raw.post("/v1/payment_intents", data={"amount": "5", "currency": "eur", "description": "x" * 100_000})

    assert answer.status_code == 413


def test_a_post_without_a_body_is_a_post(one_sdk, raw):
    opened = one_sdk.payment_intents.create(amount=50, currency="eur", payment_method="pm_card_visa")

    answer = raw.post(f"/v1/payment_intents/{opened.id}/confirm")

    assert answer.json()["status"] == "succeeded"


def test_an_answer_is_json(raw):
    answer = raw.get("/v1/payment_intents")

    assert answer.headers["Content-Type"].startswith("application/json")
