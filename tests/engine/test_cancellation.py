"""What a cancel may decide by itself: next to nothing."""

from dataclasses import replace

import pytest

from engine.attempt import unsent
from engine.cancellation import cancel_key, cancel_refusal, is_worth_a_cancel, wish
from engine.lifecycle import AttemptState, PaymentState, RefundState
from engine.money import Money
from engine.outcome import Outcome, OutcomeKind, unknown
from engine.payment import Payment
from engine.reconciliation import Trial
from engine.refund import Refund
from engine.settlement import Case, unsettled

MONEY = Money(amount_minor=1000, currency="EUR")
PENDING = Outcome(kind=OutcomeKind.PENDING, psp_id="pi_1", money=MONEY, reason="requires_action")


def _payment(state, reason=None, **changes):
    return Payment(
        id="pay",
        merchant_id="shop",
        order_id=None,
        amount=MONEY,
        payment_method="pm",
        description=None,
        metadata={},
        state=PaymentState(state),
        failure_reason=reason,
        captured_minor=1000 if state in ("SUCCESS", "REFUNDED") else 0,
        refunded_minor=0,
        created_at_us=0,
        updated_at_us=0,
        **changes,
    )


def _case(state, attempt_state, *, reason=None, lease_until_us=None, **changes):
    attempt = unsent("att", payment_id="pay", refund_id=None, psp_key="key", created_at_us=0, due_at_us=90)
    settled_at_us = 1 if attempt_state in ("SUCCEEDED", "FAILED") else None
    attempt = replace(
        attempt, state=AttemptState(attempt_state), settled_at_us=settled_at_us, lease_until_us=lease_until_us
    )
    return Case(payment=_payment(state, reason, **changes), attempt=attempt, refund=None)


@pytest.mark.parametrize(
    ("state", "attempt_state", "reason", "expected"),
    [
        ("CREATED", "UNSENT", None, None),
        ("PROCESSING", "SENT", None, None),
        ("FAILED", "FAILED", "canceled", None),
        ("FAILED", "FAILED", "declined", "failed"),
        ("SUCCESS", "SUCCEEDED", None, "captured"),
        ("REFUNDED", "SUCCEEDED", None, "captured"),
    ],
)
def test_what_is_over_cannot_be_canceled_unless_it_is(state, attempt_state, reason, expected):
    assert cancel_refusal(_case(state, attempt_state, reason=reason)) == expected


def test_what_was_never_sent_ends_on_the_lawful_way():
    wanted = wish(_case("CREATED", "UNSENT"), at_us=7)

    after = wanted.settlement.case
    assert [move.transition.to_state for move in wanted.settlement.moves] == ["PROCESSING", "FAILED"]
    assert (after.payment.failure_reason, after.payment.cancel_requested_at_us) == ("canceled", 7)
    assert (after.attempt.state, after.attempt.due_at_us) == (AttemptState.FAILED, None)
    assert wanted.is_new
    assert not wanted.is_to_be_asked


@pytest.mark.parametrize(("lease_until_us", "is_free"), [(None, True), (7, True), (8, False)])
def test_what_may_be_at_the_psp_is_only_made_due(lease_until_us, is_free):
    case = _case("PROCESSING", "SENT", lease_until_us=lease_until_us)

    wanted = wish(case, at_us=7)

    after = wanted.settlement.case
    assert wanted.settlement.moves == ()
    assert after.payment == replace(case.payment, cancel_requested_at_us=7, updated_at_us=7)
    assert after.attempt == replace(case.attempt, due_at_us=7)
    assert wanted.is_to_be_asked is is_free


@pytest.mark.parametrize(
    "case",
    [
        _case("PROCESSING", "SENT", cancel_requested_at_us=3),
        _case("FAILED", "FAILED", reason="canceled", cancel_requested_at_us=3),
        _case("FAILED", "FAILED", reason="canceled"),  # by the PSP itself
    ],
    ids=["on record", "canceled", "canceled unasked"],
)
def test_a_second_wish_changes_nothing(case):
    wanted = wish(case, at_us=7)

    assert wanted.settlement.case == case
    assert not wanted.is_new
    assert not wanted.is_to_be_asked


def _trial(*, refund=None, **changes):
    case = _case("PROCESSING", "SENT", **changes)
    return Trial(payment=case.payment, attempt=case.attempt, refund=refund, capture_psp_id=None)


def test_only_what_is_pending_at_the_psp_is_worth_a_cancel():
    wanted = _trial(cancel_requested_at_us=3)

    assert is_worth_a_cancel(wanted, PENDING)
    assert not is_worth_a_cancel(_trial(), PENDING)
    assert not is_worth_a_cancel(wanted, replace(PENDING, kind=OutcomeKind.SUCCEEDED))
    assert not is_worth_a_cancel(wanted, unknown("?"))


def test_a_refund_is_never_canceled():
    refund = Refund(
        id="ref",
        payment_id="pay",
        amount=MONEY,
        reason=None,
        state=RefundState.PENDING,
        psp_refund_id=None,
        created_at_us=0,
        settled_at_us=None,
    )

    assert not is_worth_a_cancel(_trial(refund=refund, cancel_requested_at_us=3), PENDING)


def test_the_key_is_the_same_until_the_psp_says_something_else():
    trial = _trial(cancel_requested_at_us=3)

    assert cancel_key(trial, PENDING) == cancel_key(replace(trial, attempt=trial.attempt), PENDING)
    assert cancel_key(trial, PENDING) != cancel_key(trial, replace(PENDING, reason="processing"))
    assert cancel_key(trial, PENDING) != trial.attempt.psp_key


def test_silence_may_have_a_name_which_is_kept_once():
    case = _case("PROCESSING", "SENT")

    named = unsettled(case, psp_id="pi_1").case

    assert named.attempt == replace(case.attempt, psp_id="pi_1")
    assert unsettled(named, psp_id="pi_2").case == named
    assert unsettled(case).case == case
