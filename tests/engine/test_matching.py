"""The three-way match as a table: our books, the lines, the PSP's word, and what comes of them."""

from dataclasses import replace

import pytest

from engine.attempt import AttemptKind, unsent
from engine.lifecycle import AttemptState, PaymentState, RefundState
from engine.matching import Fees, Matter, Next, Rules, changed, judge
from engine.money import Money
from engine.outcome import Outcome, OutcomeKind, unknown
from engine.payment import Payment
from engine.reconciliation import REMEDIES, DiscrepancyKind, DiscrepancyState, first_state
from engine.refund import Refund
from engine.settlement import Case
from engine.statement import LineKind, Rhythm, StatementLine

HOUR_S = 3_600
NOW_S = 1_000 * HOUR_S
RHYTHM = Rhythm(
    period_us=HOUR_S * 10**6,
    lookback_us=4 * HOUR_S * 10**6,
    delay_max_us=3 * HOUR_S * 10**6,
    orphan_after_us=60 * 10**6,
)
MONEY = Money(amount_minor=1250, currency="EUR")


def _payment(state):
    captured_minor = 1250 if state is PaymentState.SUCCESS else 0
    return Payment(
        id="pay_1",
        merchant_id="shop",
        order_id=None,
        amount=MONEY,
        payment_method="pm",
        description=None,
        metadata={},
        state=state,
        failure_reason="declined" if state is PaymentState.FAILED else None,
        captured_minor=captured_minor,
        refunded_minor=0,
        created_at_us=0,
        updated_at_us=0,
    )


def _attempt(state, psp_id, *, refund_id=None):
    fresh = unsent("att_1", payment_id="pay_1", refund_id=refund_id, psp_key="k", created_at_us=0, due_at_us=0)
    return replace(fresh, state=state, psp_id=psp_id, tries=1)


def _capture(state, *, psp_id="pi_1"):
    payment_state = {
        AttemptState.SUCCEEDED: PaymentState.SUCCESS,
        AttemptState.FAILED: PaymentState.FAILED,
    }.get(state, PaymentState.PROCESSING)
    return Case(payment=_payment(payment_state), attempt=_attempt(state, psp_id), refund=None)


def _refund(state, *, psp_id="re_1", attempt_state=None):
    attempt_states = {RefundState.PENDING: AttemptState.SENT, RefundState.SUCCEEDED: AttemptState.SUCCEEDED}
    attempt_state = attempt_state or attempt_states.get(state, AttemptState.FAILED)
    refund = Refund(
        id="ref_1",
        payment_id="pay_1",
        amount=Money(amount_minor=200, currency="EUR"),
        reason=None,
        state=state,
        psp_refund_id=psp_id,
        created_at_us=0,
        settled_at_us=None if state is RefundState.PENDING else 0,
    )
    attempt = _attempt(attempt_state, psp_id, refund_id="ref_1")
    return Case(payment=_payment(PaymentState.SUCCESS), attempt=attempt, refund=refund)


_AMOUNTS = {
    LineKind.CAPTURE: 1250,
    LineKind.CAPTURE_REVERSAL: -1250,
    LineKind.REFUND: -200,
    LineKind.REFUND_REVERSAL: 200,
}


def _lines(*kinds, age_s=HOUR_S, **changes):
    return tuple(
        replace(
            StatementLine(
                id=f"txn_{number}",
                kind=LineKind(kind),
                psp_id="x",
                capture_psp_id=None,
                attempt_id="att_1",
                money=Money(amount_minor=_AMOUNTS[LineKind(kind)], currency="EUR"),
                fee_minor=0,
                reported_s=NOW_S - age_s,
            ),
            **changes,
        )
        for number, kind in enumerate(kinds)
    )


def _word(kind, *, psp_id="x", money=None):
    return Outcome(kind=OutcomeKind(kind), psp_id=psp_id, money=money)


def _judged(case, lines, word=None, *, psp_id=None, fees=None, is_repair=False):
    is_capture = case is None or case.refund is None
    kind = AttemptKind.CAPTURE if is_capture else AttemptKind.REFUND
    psp_id = psp_id or ("pi_1" if is_capture else "re_1")
    matter = Matter(kind=kind, psp_id=psp_id, lines=lines, case=case, is_repair=is_repair)
    judgement = judge(matter, word=word, rules=Rules(rhythm=RHYTHM, fees=fees), now_us=NOW_S * 10**6)
    return (
        judgement.next.value,
        "agrees" if judgement.agrees else "",
        *(found.kind.value for found in judgement.discrepancies),
    )


SUCCEEDED, FAILED, SENT, UNSENT = (
    AttemptState.SUCCEEDED,
    AttemptState.FAILED,
    AttemptState.SENT,
    AttemptState.UNSENT,
)
CAPTURED, REFUNDED, RETURNED = (
    _word("succeeded", money=MONEY),
    _word("succeeded", money=Money(amount_minor=200, currency="EUR")),
    _word("failed", money=Money(amount_minor=200, currency="EUR")),
)
NOTHING = _word("failed", money=MONEY)
PENDING = _word("pending", money=MONEY)
OLD = 3 * HOUR_S


@pytest.mark.parametrize(
    ("case", "lines", "word", "expected"),
    [
        # As expected: nobody is asked.
        (_capture(SUCCEEDED), _lines("capture"), None, ("rest", "agrees")),
        (_refund(RefundState.SUCCEEDED), _lines("refund"), None, ("rest", "agrees")),
        (_refund(RefundState.FAILED), _lines("refund", "refund_reversal"), None, ("rest", "agrees")),
        (_capture(FAILED), (), None, ("rest", "agrees")),
        # Unsettled: the line is a reason to ask, and what the PSP said is settled before we come here again.
        (_capture(SENT), _lines("capture"), None, ("ask", "")),
        (_capture(UNSENT, psp_id=None), _lines("capture"), None, ("ask", "")),
        (_capture(SENT), _lines("capture"), unknown("?"), ("wait", "")),
        (_capture(SENT), _lines("capture"), PENDING, ("wait", "")),
        (_refund(RefundState.PENDING), _lines("refund"), None, ("ask", "")),
        (_refund(RefundState.PENDING), _lines("refund"), PENDING, ("wait", "")),
        # Money after a failure, and a second object: the settlement has put them on record.
        (_capture(FAILED), _lines("capture"), None, ("ask", "")),
        (_capture(FAILED), _lines("capture"), CAPTURED, ("rest", "")),
        (_capture(FAILED), _lines("capture"), unknown("?"), ("wait", "")),
        (_capture(SUCCEEDED, psp_id="pi_2"), _lines("capture"), None, ("ask", "")),
        (_capture(SUCCEEDED, psp_id="pi_2"), _lines("capture"), CAPTURED, ("rest", "")),
        (_capture(SUCCEEDED, psp_id="pi_2"), _lines("capture", "capture_reversal"), NOTHING, ("rest", "agrees")),
        (_refund(RefundState.SUCCEEDED, psp_id="re_2"), _lines("refund"), REFUNDED, ("rest", "")),
        # Another amount is on record as well.
        (_capture(SENT), _lines("capture"), _word("succeeded", money=replace(MONEY, amount_minor=1)), ("rest", "")),
        # The statement says that money moved, the PSP's object does not.
        (_capture(FAILED), _lines("capture"), NOTHING, ("wait", "")),
        (_capture(FAILED), _lines("capture", age_s=OLD), NOTHING, ("rest", "", "line-wrong")),
        (_capture(FAILED), _lines("capture", "capture_reversal"), NOTHING, ("rest", "agrees")),
        # The bank took a capture back.
        (_capture(SUCCEEDED), _lines("capture", "capture_reversal"), None, ("ask", "")),
        (_capture(SUCCEEDED), _lines("capture", "capture_reversal"), NOTHING, ("rest", "", "capture-reversed")),
        # No line at all: whoever asks about that has waited long enough.
        (_capture(SUCCEEDED), (), None, ("ask", "")),
        (_capture(SUCCEEDED), (), CAPTURED, ("rest", "", "line-missing")),
        (_capture(SUCCEEDED), (), NOTHING, ("rest", "", "phantom-money")),
        (_capture(SUCCEEDED), (), unknown("?"), ("wait", "")),
        (_refund(RefundState.SUCCEEDED), (), REFUNDED, ("rest", "", "line-missing")),
        # A line too many, or a wrong one.
        (_capture(SUCCEEDED), _lines("capture", "capture"), None, ("ask", "")),
        (_capture(SUCCEEDED), _lines("capture", "capture"), CAPTURED, ("rest", "", "line-doubled")),
        (_capture(SUCCEEDED), _lines("capture", "capture"), unknown("?"), ("wait", "")),
        (
            _capture(SUCCEEDED),
            _lines("capture", money=Money(amount_minor=1251, currency="EUR")),
            CAPTURED,
            ("rest", "", "line-wrong"),
        ),
        (
            _capture(SUCCEEDED),
            _lines("capture", money=Money(amount_minor=1250, currency="USD")),
            CAPTURED,
            ("rest", "", "line-wrong"),
        ),
        (_refund(RefundState.SUCCEEDED), _lines("refund", "refund"), REFUNDED, ("rest", "", "line-doubled")),
        # A refund that came back.
        (_refund(RefundState.SUCCEEDED), _lines("refund", "refund_reversal"), None, ("ask", "")),
        (_refund(RefundState.SUCCEEDED), _lines("refund", "refund_reversal"), REFUNDED, ("wait", "")),
        (
            _refund(RefundState.SUCCEEDED),
            _lines("refund", "refund_reversal", age_s=OLD),
            REFUNDED,
            ("rest", "", "line-wrong"),
        ),
        (_refund(RefundState.FAILED), _lines("refund"), RETURNED, ("wait", "")),
        (_refund(RefundState.FAILED), _lines("refund", age_s=OLD), RETURNED, ("rest", "", "line-missing")),
        (_refund(RefundState.FAILED), _lines("refund_reversal", age_s=OLD), RETURNED, ("rest", "", "line-missing")),
        (_refund(RefundState.FAILED), _lines("refund", age_s=OLD), REFUNDED, ("rest", "", "late-refund")),
        (_refund(RefundState.FAILED, psp_id=None), _lines("refund", age_s=OLD), REFUNDED, ("rest", "", "late-refund")),
        # Nobody's.
        (None, _lines("capture", age_s=59), None, ("wait", "")),
        (None, _lines("capture", age_s=60), None, ("wait", "", "orphan-money")),
        (None, _lines("capture", age_s=OLD), None, ("rest", "", "orphan-money")),
    ],
)
def test_what_comes_of_books_lines_and_word(case, lines, word, expected):
    assert _judged(case, lines, word) == expected


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (_lines("refund", "refund"), ["line-doubled"]),
        (_lines("refund_reversal", "refund_reversal"), ["line-doubled"]),
        (_lines("refund", money=Money(amount_minor=-197, currency="EUR")), ["line-wrong"]),
        (_lines("refund"), []),
    ],
)
@pytest.mark.parametrize("age_s", [HOUR_S, OLD])
def test_what_is_wrong_with_half_of_what_should_be_told_is_found_before_the_other_half_is_missing(lines, found, age_s):
    aged = tuple(replace(line, reported_s=NOW_S - age_s) for line in lines)

    said = _judged(_refund(RefundState.FAILED), aged, RETURNED)

    assert said == (("rest", "", *found, "line-missing") if age_s == OLD else ("wait", "", *found))


def test_a_refund_that_repairs_a_discrepancy_is_not_nobodys():
    assert _judged(None, _lines("refund", age_s=OLD), is_repair=True) == ("rest", "")


@pytest.mark.parametrize(("fee_minor", "found"), [(66, ()), (65, ("fee-mismatch",))])
def test_fees_are_judged_only_if_they_are_agreed(fee_minor, found):
    lines = _lines("capture", fee_minor=fee_minor)
    fees = Fees(basis_points=290, fixed_minor=30)

    agreed = _judged(_capture(SUCCEEDED), lines, CAPTURED, fees=fees)

    assert agreed[2:] == found
    assert _judged(_capture(SUCCEEDED), lines) == ("rest", "agrees")


@pytest.mark.parametrize(("capture_minor", "fee_minor"), [(1000, 59), (1, 1), (50, 31), (1250, 66)])
def test_a_fee_is_rounded_half_up_and_never_more_than_the_capture(capture_minor, fee_minor):
    assert Fees(basis_points=290, fixed_minor=30).of(capture_minor) == fee_minor


def test_one_object_is_one_discrepancy_per_kind_and_line():
    wrong_twin = (
        *_lines("capture"),
        replace(_lines("capture", "capture")[1], money=Money(amount_minor=1, currency="EUR")),
    )

    assert _judged(_capture(SUCCEEDED), wrong_twin, CAPTURED) == ("rest", "", "line-wrong", "line-doubled")


def test_a_line_that_changed_tells_both_contents():
    before = _lines("capture")[0]

    found = changed(before, replace(before, fee_minor=5), at_us=7)

    assert (found.kind, found.subject, found.state) == ("line-changed", "txn_0", "needs_person")
    assert "fee 0" in found.evidence["before"]
    assert "fee 5" in found.evidence["after"]
    assert before.is_same_as(replace(before, attempt_id=None))
    assert not before.is_same_as(replace(before, fee_minor=5))


def test_every_kind_of_discrepancy_has_somebody_who_acts():
    states = {kind: first_state(kind) for kind in DiscrepancyKind}

    assert {kind for kind, state in states.items() if state is DiscrepancyState.OPEN} == set(REMEDIES)
    assert DiscrepancyState.REPAIRED not in states.values()
    assert set(Next) == {Next.REST, Next.WAIT, Next.ASK}
