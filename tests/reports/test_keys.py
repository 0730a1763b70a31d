"""I6 as the whole contract of an idempotency key: same answer, other payload, in flight, expiry, scope."""

import pytest

from reports import judge, load_run

DAY_S = 86_400


def finding(run):
    return next(check.finding for check in run.verdict().checks if check.id == "I6")


def problem(name, **more):
    return {"type": f"/problems/{name}", **more}


def refused(run, order, *, seconds, status, kind, **seen):
    refusal = {"outcome": "failed", "http_status": status, "payment_id": None, "answer": problem(kind)}
    return run.click(order, seconds=seconds, **(refusal | seen))


def keep(run, order, **seen):
    """What the service keeps of the key of an order."""
    row = {
        "merchant_id": "mer_1",
        "route": "POST /v1/payments",
        "key": f"key-{order}",
        "fingerprint": "f",
        "status": 202,
        "created_at_us": run.diary[0]["asked_at_us"],
        "expires_at_us": run.diary[0]["asked_at_us"] + DAY_S * 1_000_000,
    } | seen
    run.service["idempotency_keys"].append(row)
    return row


# -- another payload


def test_a_used_key_with_another_payload_that_is_refused_for_another_reason_was_not_recognised(run):
    refused(run, "a", seconds=11, status=409, kind="order-already-being-paid", amount_minor=9_999)

    assert run.accused() == {"I6"}
    assert "a used key with another payload was answered with status 409" in finding(run).worst.what


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (422, "idempotency-key-reused"),
        (400, "invalid-request"),  # who cannot read it need not look at its key
        (409, "request-in-flight"),
        (429, "too-many-requests"),
    ],
)
def test_a_used_key_with_another_payload_that_is_refused_is_as_it_should_be(run, status, kind):
    refused(run, "a", seconds=11, status=status, kind=kind, amount_minor=9_999, retry_after_s=1.0)

    assert run.accused() == set()


def test_another_payload_that_came_before_the_first_was_answered_may_be_refused_for_any_reason(run):
    refused(run, "a", seconds=9.9, status=409, kind="order-already-being-paid", amount_minor=9_999)

    assert run.accused() == set()


# -- the same request again


def test_a_repeat_that_is_told_of_a_conflict_was_not_recognised(run):
    refused(run, "a", seconds=11, status=409, kind="order-already-being-paid")

    assert run.accused() == {"I6"}
    assert "a request that had been accepted was refused with status 409" in finding(run).worst.what


def test_a_repeat_while_the_first_is_in_flight_is_told_when_to_come_again(run):
    refused(run, "a", seconds=10.05, status=409, kind="request-in-flight", retry_after_s=1.0)

    assert run.accused() == set()


def test_a_repeat_in_flight_that_is_not_told_when_to_come_again_is_found(run):
    refused(run, "a", seconds=10.05, status=409, kind="request-in-flight")

    assert run.accused() == {"I6"}
    assert "was not told when to come again" in finding(run).worst.what


def test_a_conflict_that_is_about_the_order_need_not_say_when_to_come_again(run):
    refused(run, "a", seconds=12, status=409, kind="order-already-being-paid", key="key-a-right")

    assert run.accused() == set()


# -- expiry


@pytest.mark.parametrize("kept_s", [DAY_S, 2 * DAY_S])
def test_a_key_that_is_kept_as_long_as_promised_is_as_it_should_be(run, kept_s):
    row = keep(run, "a")
    row["expires_at_us"] = row["created_at_us"] + kept_s * 1_000_000

    assert run.accused() == set()


def test_a_key_that_is_forgotten_early_is_found_and_its_order_named(run):
    row = keep(run, "a")
    row["expires_at_us"] = row["created_at_us"] + 60 * 1_000_000

    assert run.accused() == {"I6"}
    assert finding(run).worst.order_id == "a"
    assert finding(run).story


def test_the_promise_is_the_one_that_was_set(run):
    run.manifest["plan"] = {"service": {"idempotency_retention_s": 60}}
    row = keep(run, "a")
    row["expires_at_us"] = row["created_at_us"] + 60 * 1_000_000

    assert run.accused() == set()


# -- what is kept


@pytest.mark.parametrize("status", [500, 503])
def test_an_error_that_is_kept_as_the_answer_is_found(run, status):
    keep(run, "a", status=status)

    assert run.accused() == {"I6"}


@pytest.mark.parametrize("status", [202, 409, 422])
def test_a_refusal_may_be_kept_as_the_answer(run, status):
    keep(run, "a", status=status)

    assert run.accused() == set()


def test_a_key_that_is_kept_twice_is_found(run):
    keep(run, "a")
    keep(run, "a")

    assert run.accused() == {"I6"}


def test_a_key_without_an_answer_is_found_once_it_is_due(run, clock):
    keep(run, "a", status=None)
    late = keep(run, "b", status=None)
    late |= {"created_at_us": clock(7_199), "expires_at_us": clock(7_199 + DAY_S)}

    assert run.accused() == {"I6"}
    assert finding(run).count == 1


# -- scope


def test_one_key_of_two_merchants_is_two_keys(run):
    for order, merchant in (("a", "mer_1"), ("b", "mer_2")):
        for row in run.diary:
            if row["order_id"] == order and row["action"] == "create":
                row |= {"key": "the-same", "merchant_id": merchant}
    keep(run, "a", key="the-same")
    keep(run, "a", key="the-same", merchant_id="mer_2")

    assert run.accused() == set()


def test_one_key_at_two_places_is_two_keys(run):
    run.refunded("a", 300, seconds=100)
    run.diary[-2]["key"] = "key-a"
    keep(run, "a")
    keep(run, "a", route="POST /v1/payments/{payment_id}/refunds")

    assert run.accused() == set()


def test_a_key_that_is_refused_because_another_merchant_used_it_is_found(run):
    run.diary[0]["merchant_id"] = "mer_1"
    refused(run, "e", seconds=50, status=422, kind="idempotency-key-reused", key="key-a", merchant_id="mer_2")

    assert run.accused() == {"I6"}
    assert "that nobody here had used for another request" in finding(run).worst.what


def test_a_key_that_another_customer_of_the_merchant_had_used_may_be_refused(run):
    refused(run, "e", seconds=50, status=422, kind="idempotency-key-reused", key="key-a")

    assert run.accused() == set()


def test_a_refund_that_was_answered_as_the_payment_of_the_same_key_is_found(run):
    answer = {"key": "key-a", "payment_id": "pay_a", "replayed": True, "answer": run.diary[0]["answer"]}
    run.ask("refund", "a", seconds=100, amount_minor=300, **answer)

    assert run.accused() == {"I6"}
    assert "speaks of no refund" in finding(run).worst.what


def test_an_older_run_does_not_say_when_to_come_again(run):
    refused(run, "a", seconds=10.05, status=409, kind="request-in-flight")
    run.evidence()
    manifest = run.folder / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"format": 2', '"format": 1'))

    verdict = judge(load_run(run.folder))

    assert not [check.id for check in verdict.checks if check.validity == "invalid"]
