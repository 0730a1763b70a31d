"""Errors by their class, and what they carry."""

import pytest
import stripe


def test_an_answer_names_its_request(sdk):
    payment = sdk.pay()

    again = sdk.payment_intents.retrieve(payment.id)

    assert payment.last_response.request_id.startswith("req_")
    assert again.last_response.request_id != payment.last_response.request_id


def test_an_error_names_its_request(sdk):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        sdk.payment_intents.retrieve("pi_none")

    assert refusal.value.request_id.startswith("req_")
    assert refusal.value.user_message
    assert refusal.value.error.message == refusal.value.user_message


def test_an_answer_names_the_version_of_the_api(sdk):
    payment = sdk.pay()

    assert payment.last_response.headers["Stripe-Version"] == stripe.api_version


def test_a_wrong_key_is_an_authentication_error(sdk):
    with pytest.raises(stripe.AuthenticationError) as refusal:
        sdk.as_account("sk_test_wrong").payment_intents.list()

    assert refusal.value.http_status == 401
    assert refusal.value.error.type == "invalid_request_error"
    assert "sk_test_wrong" not in str(refusal.value)


def test_what_a_key_may_not_do_is_a_permission_error(sdk):
    reader = sdk.as_account("rk_test_reader")
    payment = sdk.pay()

    read = reader.payment_intents.retrieve(payment.id)

    assert read.id == payment.id
    for forbidden in (reader.pay, reader.refunds.list, reader.webhook_endpoints.list):
        with pytest.raises(stripe.PermissionError) as refusal:
            forbidden()
        assert refusal.value.http_status == 403


def test_what_is_missing_is_an_invalid_request_error(sdk):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        sdk.payment_intents.retrieve("pi_none")

    assert (refusal.value.http_status, refusal.value.code) == (404, "resource_missing")


@pytest.mark.parametrize("param", ["amount", "currency"])
def test_what_was_left_out_is_named(sdk, param):
    parameters = {"amount": 50, "currency": "eur"}
    del parameters[param]

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        sdk.payment_intents.create(**parameters)

    assert (refusal.value.code, refusal.value.param) == ("parameter_missing", param)


def test_a_decline_is_a_card_error(sdk):
    with pytest.raises(stripe.CardError) as decline:
        sdk.pay(payment_method="pm_card_chargeDeclined")

    assert (decline.value.http_status, decline.value.code) == (402, "card_declined")


def test_too_many_requests_are_a_rate_limit_error_and_not_asked_again(sdk, psp):
    psp.install("error-before", order=sdk.order, parameters={"status": 429})

    with pytest.raises(stripe.RateLimitError) as refusal:
        sdk.pay()

    assert (refusal.value.http_status, refusal.value.error.code) == (429, "rate_limit")
    assert psp.bites_of(sdk.order) == 1


def test_a_url_that_does_not_exist_is_an_invalid_request_error(one_sdk, raw):
    answer = raw.get("/v1/nothing")

    assert answer.status_code == 404
    assert answer.json()["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize("method", ["DELETE", "PUT", "PATCH"])
def test_a_method_that_does_not_exist_is_refused_in_the_same_way(raw, method):
    answer = raw.request(method, "/v1/payment_intents")

    assert answer.status_code in (404, 405)
    assert answer.json()["error"]["message"]


def test_no_key_at_all_is_an_authentication_error(psp, raw):
    del raw.headers["Authorization"]

    answer = raw.get("/v1/payment_intents")

    assert answer.status_code == 401
    assert answer.json()["error"]["message"]


def test_the_name_of_a_user_may_be_the_key(raw):
    key = raw.headers.pop("Authorization").removeprefix("Bearer ")

    answer = raw.get("/v1/payment_intents", auth=(key, ""))

    assert answer.status_code == 200
