"""What the SDK makes of a provider that misbehaves, with retries and without."""

from dataclasses import dataclass, field

import pytest
import stripe

NO_STATUS = None


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A fault, and what it looks like to whoever uses the SDK."""

    kind: str
    parameters: dict = field(default_factory=dict)
    error: type = stripe.APIConnectionError
    status: int | None = NO_STATUS
    passes: bool = False  # the SDK asks again by itself, and so gets through when it happens once

    def __str__(self):
        return "-".join([self.kind, *(str(value) for value in self.parameters.values())])


FAILURES = (
    Failure(kind="drop-before", passes=True),
    Failure(kind="drop-after", passes=True),
    Failure(kind="hang-before", parameters={"hang_s": 0.1}, passes=True),
    Failure(kind="hang-after", parameters={"hang_s": 0.1}, passes=True),
    Failure(kind="error-before", parameters={"status": 500}, error=stripe.APIError, status=500, passes=True),
    Failure(kind="error-before", parameters={"status": 503}, error=stripe.APIError, status=503, passes=True),
    Failure(kind="error-before", parameters={"status": 429}, error=stripe.RateLimitError, status=429),
    Failure(kind="error-after", parameters={"status": 500}, error=stripe.APIError, status=500),
    Failure(kind="truncated-after", error=stripe.APIError, status=200),
    Failure(kind="html-after", error=stripe.APIError, status=200),
)
each_failure = pytest.mark.parametrize("failure", FAILURES, ids=str)


@each_failure
def test_a_failure_is_the_error_it_stands_for(one_sdk, psp, failure):
    psp.install(failure.kind, order=one_sdk.order, parameters=failure.parameters)

    with pytest.raises(stripe.StripeError) as raised:
        one_sdk.pay()

    assert (type(raised.value), raised.value.http_status) == (failure.error, failure.status)
    assert psp.bites_of(one_sdk.order) == 1


@each_failure
def test_a_failure_that_happens_once_is_got_over_by_asking_again(sdk, psp, failure):
    psp.install(failure.kind, order=sdk.order, nth=[1], parameters=failure.parameters)

    try:
        answer = sdk.pay()
    except stripe.StripeError as error:
        answer = error

    if failure.passes and sdk.way.retries_by_itself:
        assert answer.status == "succeeded"
    else:
        assert (type(answer), answer.http_status) == (failure.error, failure.status)
    assert len(psp.payments_of(sdk.order)) <= 1


@pytest.mark.parametrize("kind", ["drop-after", "hang-after", "error-after", "truncated-after", "html-after"])
def test_money_has_moved_although_the_sdk_says_it_failed(one_sdk, psp, kind):
    psp.install(kind, order=one_sdk.order, nth=[1], parameters={"hang_s": 0.1} if kind == "hang-after" else {})
    key = {"idempotency_key": one_sdk.order}
    with pytest.raises(stripe.APIError if kind not in ("drop-after", "hang-after") else stripe.APIConnectionError):
        one_sdk.pay(options=key)

    taken = psp.payments_of(one_sdk.order)

    assert [payment["captured_minor"] for payment in taken] == [1250]


def test_a_client_that_hangs_up_is_charged_all_the_same(connect, unretrying, psp, until):
    sdk = connect(unretrying, timeout_s=0.2)
    psp.install("slow", order=sdk.order, parameters={"delay_s": [0.4, 0.4]})
    key = {"idempotency_key": sdk.order}
    with pytest.raises(stripe.APIConnectionError):
        sdk.pay(options=key)

    taken = until(lambda: psp.payments_of(sdk.order))

    assert [payment["captured_minor"] for payment in taken] == [1250]


def test_a_key_in_use_is_a_409_with_its_code(one_sdk, psp):
    psp.install("slow", order=one_sdk.order, parameters={"delay_s": [0.2, 0.2]})

    answers = one_sdk.at_once(
        "payment_intents", "create", times=2, options={"idempotency_key": one_sdk.order}, **one_sdk.purchase()
    )

    busy = next(answer for answer in answers if isinstance(answer, stripe.StripeError))
    assert (type(busy), busy.http_status, busy.code) == (stripe.APIError, 409, None)
    assert busy.json_body["error"]["code"] == "idempotency_key_in_use"


def test_a_retry_after_is_passed_on(one_sdk, psp):
    psp.install("error-before", order=one_sdk.order, parameters={"status": 429, "retry_after_s": 7})

    with pytest.raises(stripe.RateLimitError) as refusal:
        one_sdk.pay()

    assert refusal.value.headers["Retry-After"] == "7"


def test_a_fault_leaves_other_orders_alone(sdk, psp):
    psp.install("drop-before", order="somebody else's")

    assert sdk.pay().status == "succeeded"
