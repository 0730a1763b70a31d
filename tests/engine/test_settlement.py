"""The whole lattice: every state of our books against every word of the PSP."""

from dataclasses import replace

import pytest

from engine.attempt import AttemptKind, unsent
from engine.inbox import EventState
from engine.lifecycle import AttemptState, PaymentState, RefundState, Source
from engine.money import Money
from engine.outcome import Outcome, OutcomeKind
from engine.payment import Payment
from engine.refund import Refund
from engine.settlement import Case, settle

MONEY = Money(amount_minor=1000, currency="EUR")
SUCCEEDED, FAILED, PENDING = OutcomeKind.SUCCEEDED, OutcomeKind.FAILED, OutcomeKind.PENDING


def _case(payment_state, attempt_state, *, refund_state=None, psp_id="pi_1"):
    captured = 1000 if payment_state in ("SUCCESS", "REFUNDED") else 0
    payment = Payment(
        id="pay",
        merchant_id="shop",
        order_id=None,
        amount=MONEY,
        payment_method="pm",
        description=None,
        metadata={},
        state=PaymentState(payment_state),
        failure_reason="declined" if payment_state == "FAILED" else None,
        captured_minor=captured,
        refunded_minor=1000 if payment_state == "REFUNDED" else 0,
        created_at_us=0,
        updated_at_us=0,
    )
    refund_id = None if refund_state is None else "ref"
    attempt = unsent("att", payment_id="pay", refund_id=refund_id, psp_key="key", created_at_us=0, due_at_us=0)
    settled_at_us = 1 if attempt_state in ("SUCCEEDED", "FAILED") else None
    attempt = replace(attempt, state=AttemptState(attempt_state), psp_id=psp_id, settled_at_us=settled_at_us)
    refund = None
    if refund_state is not None:
        refund = Refund(
            id="ref",
            payment_id="pay",
            amount=MONEY,
            reason=None,
            state=RefundState(refund_state),
            psp_refund_id=psp_id,
            created_at_us=0,
            settled_at_us=None,
        )
    return Case(payment=payment, attempt=attempt, refund=refund)


def _word(kind, *, psp_id="pi_1", money=MONEY):
    return Outcome(kind=kind, psp_id=psp_id, money=money, reason="said so")


def _settled(case, outcome):
    settlement = settle(case, outcome, source=Source.WEBHOOK, at_us=9)
    return (
        settlement.case.payment.state.value,
        settlement.case.attempt.state.value,
        settlement.verdict.value,
        [one.kind.value for one in settlement.discrepancies],
    )


@pytest.mark.parametrize(
    ("payment", "attempt", "word", "expected"),
    [
        ("CREATED", "UNSENT", SUCCEEDED, ("SUCCESS", "SUCCEEDED", "applied", [])),
        ("CREATED", "UNSENT", FAILED, ("FAILED", "FAILED", "applied", [])),
        ("PROCESSING", "SENT", SUCCEEDED, ("SUCCESS", "SUCCEEDED", "applied", [])),
        ("PROCESSING", "SENT", FAILED, ("FAILED", "FAILED", "applied", [])),
        ("PROCESSING", "SENT", PENDING, ("PROCESSING", "SENT", "ignored", [])),
        ("SUCCESS", "SUCCEEDED", SUCCEEDED, ("SUCCESS", "SUCCEEDED", "applied", [])),
        ("SUCCESS", "SUCCEEDED", FAILED, ("SUCCESS", "SUCCEEDED", "ignored", [])),
        ("SUCCESS", "SUCCEEDED", PENDING, ("SUCCESS", "SUCCEEDED", "ignored", [])),
        ("REFUNDED", "SUCCEEDED", FAILED, ("REFUNDED", "SUCCEEDED", "ignored", [])),
        ("REFUNDED", "SUCCEEDED", SUCCEEDED, ("REFUNDED", "SUCCEEDED", "applied", [])),
        ("FAILED", "FAILED", SUCCEEDED, ("FAILED", "FAILED", "applied", ["late-capture"])),
        ("FAILED", "FAILED", FAILED, ("FAILED", "FAILED", "applied", [])),
        ("FAILED", "FAILED", PENDING, ("FAILED", "FAILED", "ignored", [])),
    ],
)
def test_a_word_about_a_capture_only_leads_onwards(payment, attempt, word, expected):
    assert _settled(_case(payment, attempt), _word(word)) == expected


@pytest.mark.parametrize(
    ("payment", "refund", "attempt", "word", "expected"),
    [
        ("SUCCESS", "PENDING", "SENT", SUCCEEDED, ("REFUNDED", "SUCCEEDED", "SUCCEEDED")),
        ("SUCCESS", "PENDING", "SENT", FAILED, ("SUCCESS", "FAILED", "FAILED")),
        ("SUCCESS", "PENDING", "SENT", PENDING, ("SUCCESS", "PENDING", "SENT")),
        ("REFUNDED", "SUCCEEDED", "SUCCEEDED", SUCCEEDED, ("REFUNDED", "SUCCEEDED", "SUCCEEDED")),
        ("REFUNDED", "SUCCEEDED", "SUCCEEDED", FAILED, ("REFUNDED", "FAILED", "SUCCEEDED")),
        ("SUCCESS", "FAILED", "FAILED", SUCCEEDED, ("SUCCESS", "FAILED", "FAILED")),
        ("SUCCESS", "FAILED", "FAILED", FAILED, ("SUCCESS", "FAILED", "FAILED")),
    ],
)
def test_a_word_about_a_refund_only_leads_onwards(payment, refund, attempt, word, expected):
    case = _case(payment, attempt, refund_state=refund)

    after = settle(case, _word(word), source=Source.WEBHOOK, at_us=9).case

    assert after.refund is not None
    assert (after.payment.state, after.refund.state, after.attempt.state) == expected


def test_a_refund_that_fails_late_gives_the_sum_back_and_is_recorded():
    case = _case("REFUNDED", "SUCCEEDED", refund_state="SUCCEEDED")

    settlement = settle(case, _word(FAILED), source=Source.WEBHOOK, at_us=9)

    assert settlement.case.payment.refunded_minor == 0
    assert [one.kind for one in settlement.discrepancies] == ["refund-failed-late"]


@pytest.mark.parametrize("word", [SUCCEEDED, FAILED, PENDING])
@pytest.mark.parametrize("money", [Money(amount_minor=1, currency="EUR"), Money(amount_minor=1000, currency="USD")])
def test_a_word_about_other_money_is_not_believed(word, money):
    expected = ("PROCESSING", "SENT", "rejected", ["amount-mismatch"])

    assert _settled(_case("PROCESSING", "SENT"), _word(word, money=money)) == expected


@pytest.mark.parametrize(
    ("payment", "attempt", "word", "findings"),
    [
        ("PROCESSING", "SENT", SUCCEEDED, ["double-capture"]),
        ("PROCESSING", "SENT", FAILED, []),
        ("SUCCESS", "SUCCEEDED", SUCCEEDED, ["double-capture"]),
        ("SUCCESS", "SUCCEEDED", FAILED, []),
        ("FAILED", "FAILED", SUCCEEDED, ["late-capture"]),
        ("FAILED", "FAILED", PENDING, []),
    ],
)
def test_a_second_object_with_our_reference_never_touches_the_first(payment, attempt, word, findings):
    case = _case(payment, attempt)

    settlement = settle(case, _word(word, psp_id="pi_2"), source=Source.WORKER, at_us=9)

    assert settlement.case == case
    assert [one.kind for one in settlement.discrepancies] == findings


def test_a_pending_word_teaches_the_psp_id_and_nothing_else():
    case = _case("PROCESSING", "SENT", psp_id=None)

    settlement = settle(case, _word(PENDING), source=Source.WORKER, at_us=9)

    assert settlement.case == replace(case, attempt=replace(case.attempt, psp_id="pi_1"))
    assert settlement.verdict is EventState.APPLIED


def test_a_decided_payment_that_was_never_sent_catches_up_lawfully():
    settlement = settle(_case("CREATED", "UNSENT", psp_id=None), _word(SUCCEEDED), source=Source.WEBHOOK, at_us=9)

    assert [move.payment.state for move in settlement.moves] == ["PROCESSING", "SUCCESS"]
    assert settlement.moves[-1].payment == settlement.case.payment


def test_a_transition_tells_who_and_why():
    settlement = settle(_case("PROCESSING", "SENT"), _word(FAILED), source=Source.WORKER, at_us=9)

    transition = settlement.moves[0].transition
    assert transition is not None
    assert (transition.from_state, transition.to_state, transition.reason) == ("PROCESSING", "FAILED", "said so")
    assert (transition.source, transition.at_us) == ("worker", 9)
    assert settlement.case.payment.failure_reason == "said so"
    assert settlement.case.attempt.settled_at_us == 9
    assert settlement.case.attempt.kind is AttemptKind.CAPTURE


def test_an_unknown_outcome_is_not_a_word():
    with pytest.raises(AssertionError):
        settle(_case("PROCESSING", "SENT"), Outcome(kind=OutcomeKind.UNKNOWN), source=Source.WORKER, at_us=9)
