"""What the PSP's answers mean. Whatever happens is an outcome; nothing is raised."""

import asyncio
from dataclasses import replace

import httpx
import pytest

from engine.attempt import AttemptKind, unsent
from engine.lifecycle import PaymentState
from engine.money import Money
from engine.outcome import OutcomeKind
from engine.payment import Payment
from engine.reconciliation import Trial
from engine.refund import Refund
from service.gateway import StripeGateway
from service.psp_wire import outcome_of

INTENT = {"id": "pi_1", "status": "succeeded", "amount": 1250, "amount_received": 1250, "currency": "eur"}
DECLINE = {"error": {"type": "card_error", "code": "card_declined", "decline_code": "insufficient_funds"}}
MONEY = Money(amount_minor=1250, currency="EUR")


def _trial(*, psp_id=None, refund=None):
    payment = Payment(
        id="pay_1",
        merchant_id="shop",
        order_id="order-1",
        amount=MONEY,
        payment_method="pm_card_visa",
        description="a book",
        metadata={"secret": "stays here"},
        state=PaymentState.PROCESSING,
        failure_reason=None,
        captured_minor=0,
        refunded_minor=0,
        created_at_us=0,
        updated_at_us=0,
    )
    refund_id = None if refund is None else refund.id
    attempt = unsent("att_1", payment_id="pay_1", refund_id=refund_id, psp_key="key_1", created_at_us=0, due_at_us=0)
    attempt = replace(attempt.claimed(now_us=100_000_000, lease_us=1), psp_id=psp_id)
    capture_psp_id = None if refund is None else "pi_1"
    return Trial(payment=payment, attempt=attempt, refund=refund, capture_psp_id=capture_psp_id)


def _gateway(answer, *, timeout_s=5):
    transport = httpx.MockTransport(answer)
    return StripeGateway(
        httpx.AsyncClient(transport=transport), base_url="http://psp/", api_key="sk_test_1", timeout_s=timeout_s
    )


def _answering(status, **content):
    async def answer(request):
        return httpx.Response(status, **content)

    return _gateway(answer)


@pytest.mark.parametrize(
    ("body", "kind", "reason"),
    [
        (INTENT, "succeeded", "succeeded"),
        (INTENT | {"status": "processing"}, "pending", "processing"),
        (INTENT | {"status": "requires_action"}, "pending", "requires_action"),
        (INTENT | {"status": "requires_capture"}, "pending", "requires_capture"),
        (INTENT | {"status": "requires_payment_method"}, "pending", "requires_payment_method"),
        (INTENT | {"status": "something_new"}, "pending", "something_new"),
        (INTENT | {"status": "canceled"}, "failed", "canceled"),
        (INTENT | {"status": "requires_payment_method", "last_payment_error": {"code": "x"}}, "failed", "x"),
        (INTENT | {"metadata": {"attempt_id": "att_other"}}, "unknown", "the answer is about pi_1, which is not ours"),
    ],
)
async def test_the_status_of_a_payment_in_our_words(body, kind, reason):
    outcome = await _answering(200, json=body).send(_trial())

    assert (outcome.kind, outcome.reason) == (kind, reason)


@pytest.mark.parametrize(
    ("status", "content", "kind"),
    [
        (402, {"json": DECLINE}, "failed"),
        (402, {"json": {"error": {"type": "api_error"}}}, "unknown"),
        (400, {"json": {"error": {"type": "invalid_request_error", "code": "x"}}}, "refused"),
        (400, {"json": {"error": {"type": "invalid_request_error", "code": "lock_timeout"}}}, "unknown"),
        (400, {"json": {"error": {"type": "idempotency_error"}}}, "unknown"),
        (400, {"json": {"error": "?"}}, "unknown"),
        (401, {"json": {"error": {"type": "invalid_request_error"}}}, "unknown"),
        (403, {"json": {"error": {"type": "invalid_request_error"}}}, "unknown"),
        (404, {"json": {"error": {"type": "invalid_request_error"}}}, "unknown"),
        (409, {"json": {"error": {"type": "idempotency_error", "code": "idempotency_key_in_use"}}}, "unknown"),
        (429, {"json": {"error": {"type": "invalid_request_error"}}}, "unknown"),
        (500, {"json": {"error": {"type": "api_error"}}}, "unknown"),
        (503, {"text": "come back later"}, "unknown"),
        (301, {"headers": {"Location": "/elsewhere"}}, "unknown"),
        (200, {"text": "<html>hello</html>"}, "unknown"),
        (200, {"text": '{"id": "pi_1", "status": "succ'}, "unknown"),
        (200, {"content": b"\xff\xfe"}, "unknown"),
        (200, {"json": []}, "unknown"),
        (200, {"json": {}}, "unknown"),
        (200, {"json": INTENT | {"amount": "1250"}}, "unknown"),
        (200, {"json": INTENT | {"amount": 12.5}}, "unknown"),
        (200, {"text": "[" * 100_000}, "unknown"),
    ],
)
async def test_only_a_decline_is_a_failure_and_only_a_readable_success_is_one(status, content, kind):
    outcome = await _answering(status, **content).send(_trial())

    assert outcome.kind == kind


async def test_a_refusal_that_is_replayed_is_the_answer_to_the_first_request_and_settles_it():
    refusal = {"error": {"type": "invalid_request_error", "code": "balance_insufficient"}}

    outcome = await _answering(400, json=refusal, headers={"Idempotent-Replayed": "true"}).send(_trial())

    assert (outcome.kind, outcome.reason) == ("failed", "psp_rejected")


@pytest.mark.parametrize(
    "error",
    [httpx.ReadTimeout, httpx.ConnectTimeout, httpx.ConnectError, httpx.RemoteProtocolError, httpx.ReadError],
)
async def test_a_broken_connection_is_unknown(error):
    async def broken(request):
        raise error("broken", request=request)

    outcome = await _gateway(broken).send(_trial())

    assert outcome.kind is OutcomeKind.UNKNOWN


async def test_a_psp_that_never_ends_its_answer_is_given_up(caplog):
    async def hanging(request):
        await asyncio.sleep(60)

    gateway = _gateway(hanging, timeout_s=0.01)

    assert (await gateway.send(_trial())).kind is OutcomeKind.UNKNOWN
    assert await gateway.search(_trial(), until_us=0) in ((), [])


@pytest.mark.parametrize(("header", "seconds"), [("7", 7), ("soon", None), ("-1", None), ("9" * 50, None)])
async def test_retry_after_is_passed_on(header, seconds):
    outcome = await _answering(429, json={}, headers={"Retry-After": header}).send(_trial())

    assert outcome.retry_after_s == seconds


async def test_a_payment_is_created_with_our_reference_and_nothing_of_the_merchant():
    seen = []

    async def answer(request):
        seen.append(request)
        return httpx.Response(200, json=INTENT)

    await _gateway(answer).send(_trial())

    request = seen[0]
    assert (request.method, str(request.url)) == ("POST", "http://psp/v1/payment_intents")
    assert request.headers["Idempotency-Key"] == "key_1"
    assert request.headers["Authorization"] == "Bearer sk_test_1"
    assert dict(httpx.QueryParams(request.content.decode())) == {
        "amount": "1250",
        "currency": "eur",
        "confirm": "true",
        "payment_method": "pm_card_visa",
        "capture_method": "automatic",
        "automatic_payment_methods[enabled]": "true",
        "automatic_payment_methods[allow_redirects]": "never",
        "description": "a book",
        "metadata[payment_id]": "pay_1",
        "metadata[attempt_id]": "att_1",
        "metadata[merchant_id]": "shop",
        "metadata[order_id]": "order-1",
    }


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("succeeded", "succeeded"),
        ("pending", "pending"),
        ("failed", "failed"),
        ("canceled", "failed"),
        (None, "pending"),
    ],
)
async def test_a_refund_is_created_and_its_status_told_in_our_words(status, kind):
    seen = []

    async def answer(request):
        seen.append(request)
        return httpx.Response(200, json={"id": "re_1", "status": status, "amount": 1250, "currency": "eur"})

    refund = Refund(
        id="ref_1",
        payment_id="pay_1",
        amount=MONEY,
        reason=None,
        state="PENDING",
        psp_refund_id=None,
        created_at_us=0,
        settled_at_us=None,
    )

    outcome = await _gateway(answer).send(_trial(refund=refund))

    assert (outcome.kind, outcome.psp_id) == (kind, "re_1")
    assert dict(httpx.QueryParams(seen[0].content.decode())) == {
        "payment_intent": "pi_1",
        "amount": "1250",
        "metadata[refund_id]": "ref_1",
        "metadata[attempt_id]": "att_1",
        "metadata[payment_id]": "pay_1",
    }


async def test_a_retrieve_that_answers_with_another_object_is_unknown():
    outcome = await _answering(200, json=INTENT | {"id": "pi_2"}).retrieve(_trial(psp_id="pi_1"))

    assert outcome.kind is OutcomeKind.UNKNOWN


async def test_a_retrieve_that_finds_nothing_is_unknown():
    body = {"error": {"type": "invalid_request_error", "code": "resource_missing"}}

    outcome = await _answering(404, json=body).retrieve(_trial(psp_id="pi_1"))

    assert outcome.kind is OutcomeKind.UNKNOWN


async def test_a_search_reads_every_page_and_takes_only_what_carries_our_reference():
    ours = {"metadata": {"attempt_id": "att_1"}}
    pages = {
        None: [INTENT | {"id": "pi_9"}, INTENT | {"id": "pi_8"} | ours],
        "pi_8": [{"id": "odd"}, INTENT | {"id": "pi_7", "metadata": {"attempt_id": "att_10"}}],
        "pi_7": [INTENT | {"id": "pi_6"} | ours],
    }
    queries = []

    async def answer(request):
        queries.append(dict(request.url.params))
        after = request.url.params.get("starting_after")
        return httpx.Response(200, json={"data": pages[after], "has_more": after != "pi_7"})

    found = await _gateway(answer).search(_trial(), until_us=500_000_000)

    assert [one.psp_id for one in found] == ["pi_8", "pi_6"]
    assert queries[0] == {"created[gte]": "-3500", "created[lte]": "4100", "limit": "100"}


@pytest.mark.parametrize("broken", [httpx.Response(500), httpx.Response(200, json={"data": 5, "has_more": True})])
async def test_a_search_that_loses_a_page_keeps_what_it_found(broken):
    pages = [httpx.Response(200, json={"data": [INTENT | {"metadata": {"attempt_id": "att_1"}}], "has_more": True})]

    async def answer(request):
        return pages.pop() if pages else broken

    found = await _gateway(answer).search(_trial(), until_us=0)

    assert [one.psp_id for one in found] == ["pi_1"]


@pytest.mark.parametrize(
    ("decline_code", "reason"),
    [("insufficient_funds", "insufficient_funds"), ("a\0b", "declined"), ("x" * 9_000, "declined")],
)
def test_a_reason_that_cannot_be_stored_is_told_in_our_own_word(decline_code, reason):
    failed = {"id": "pi_1", "status": "requires_payment_method", "amount": 5, "currency": "eur"}

    outcome = outcome_of(
        AttemptKind.CAPTURE, failed | {"last_payment_error": {"decline_code": decline_code}}, attempt_id="att_1"
    )

    assert (outcome.kind, outcome.reason) == (OutcomeKind.FAILED, reason)


@pytest.mark.parametrize("wrong", [{"amount": 2**63}, {"amount": -1}, {"currency": "euro"}, {"id": "pi_" + "x" * 300}])
def test_an_object_that_no_row_could_hold_leaves_the_outcome_unknown(wrong):
    succeeded = {"id": "pi_1", "status": "succeeded", "amount": 5, "currency": "eur"}

    outcome = outcome_of(AttemptKind.CAPTURE, succeeded | wrong, attempt_id="att_1")

    assert outcome.kind is OutcomeKind.UNKNOWN


UNCONFIRMED = INTENT | {"status": "requires_confirmation"}
INVALID = {"error": {"type": "invalid_request_error", "code": "parameter_invalid"}}
UNEXPECTED_STATE = {"error": {"type": "invalid_request_error", "code": "payment_intent_unexpected_state"}}
KEY_KNOWN = {"error": {"type": "idempotency_error"}}


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, UNCONFIRMED, "pending"),
        (400, KEY_KNOWN, "refused"),
        (400, INVALID, "unknown"),  # which says nothing about the request before it
        (409, KEY_KNOWN, "unknown"),
        (500, KEY_KNOWN, "unknown"),
        (402, DECLINE, "failed"),
    ],
)
async def test_only_a_known_key_refuses_to_be_forestalled(status, body, kind):
    outcome = await _answering(status, json=body).forestall(_trial())

    assert outcome.kind == kind


async def test_what_forestalls_is_the_same_payment_under_the_same_key_but_charges_nobody():
    seen = []

    async def answer(request):
        seen.append((request.headers["Idempotency-Key"], dict(httpx.QueryParams(request.content.decode()))))
        return httpx.Response(200, json=UNCONFIRMED)

    await _gateway(answer).send(_trial())
    await _gateway(answer).forestall(_trial())

    (key, sent), (same_key, forestalled) = seen
    assert key == same_key
    assert forestalled == sent | {"confirm": "false"}
    assert sent["confirm"] == "true"


@pytest.mark.parametrize(
    ("status", "content", "kind", "reason"),
    [
        (200, {"json": INTENT | {"status": "canceled"}}, "failed", "canceled"),
        (200, {"json": INTENT | {"status": "requires_capture"}}, "pending", "requires_capture"),
        (400, {"json": UNEXPECTED_STATE}, "refused", "it cannot be canceled"),
        # A memory of it refuses as well: what it refused was the cancel, not the payment.
        (400, {"json": UNEXPECTED_STATE, "headers": {"Idempotent-Replayed": "true"}}, "refused", None),
        (400, {"json": KEY_KNOWN}, "unknown", "status 400"),
        (404, {"json": INVALID}, "unknown", "status 404"),
        (500, {"json": INVALID}, "unknown", "status 500"),
        (200, {"text": "<html>"}, "unknown", None),
    ],
)
async def test_the_answer_to_a_cancel_in_our_words(status, content, kind, reason):
    outcome = await _answering(status, **content).cancel(_trial(psp_id="pi_1"), key="key_1_cancel")

    assert outcome.kind == kind
    assert reason in (None, outcome.reason)


async def test_a_cancel_names_the_payment_of_the_psp_and_goes_under_its_own_key():
    seen = []

    async def answer(request):
        seen.append((request.method, request.url.path, request.headers["Idempotency-Key"], request.content))
        raise httpx.ReadTimeout("too slow", request=request)

    outcome = await _gateway(answer).cancel(_trial(psp_id="pi_1"), key="key_1_cancel")

    path = "/v1/payment_intents/pi_1/cancel"
    assert seen == [("POST", path, "key_1_cancel", b"cancellation_reason=requested_by_customer")]
    assert outcome.kind is OutcomeKind.UNKNOWN
