from dataclasses import replace

import pytest

from engine.attempt import unsent
from engine.money import Money
from engine.outcome import Outcome, OutcomeKind, unknown
from engine.reconciliation import Question, choose, question

HOUR_US = 3_600_000_000
MONEY = Money(amount_minor=1, currency="EUR")


def _attempt(*, psp_id=None):
    fresh = unsent("att", payment_id="pay", refund_id=None, psp_key="key", created_at_us=0, due_at_us=0)
    return replace(fresh.claimed(now_us=0, lease_us=1), psp_id=psp_id)


@pytest.mark.parametrize(
    ("psp_id", "now_us", "expected"),
    [
        ("pi_1", 0, Question.RETRIEVE),
        ("pi_1", 100 * HOUR_US, Question.RETRIEVE),
        (None, 0, Question.SEND),
        (None, 23 * HOUR_US - 1, Question.SEND),
        (None, 23 * HOUR_US, Question.SEARCH),
    ],
)
def test_the_psp_is_asked_the_safest_question_that_it_can_answer(psp_id, now_us, expected):
    assert question(_attempt(psp_id=psp_id), now_us=now_us, psp_key_retention_us=23 * HOUR_US) is expected


@pytest.mark.parametrize(
    ("psp_id", "now_us", "expected"),
    [
        ("pi_1", 0, Question.RETRIEVE),
        (None, 23 * HOUR_US - 1, Question.FORESTALL),
        (None, 23 * HOUR_US, Question.SEARCH),
    ],
)
def test_no_question_about_a_payment_that_is_to_be_canceled_can_take_its_money(psp_id, now_us, expected):
    attempt = _attempt(psp_id=psp_id)

    chosen = question(attempt, now_us=now_us, psp_key_retention_us=23 * HOUR_US, is_to_be_canceled=True)

    assert chosen is expected


def _outcome(kind):
    return Outcome(kind=kind, psp_id=f"pi_{kind}", money=MONEY)


def test_money_that_moved_counts_before_anything_else():
    succeeded, pending, failed = (
        _outcome(kind) for kind in (OutcomeKind.SUCCEEDED, OutcomeKind.PENDING, OutcomeKind.FAILED)
    )

    assert choose([failed, unknown("?"), pending, succeeded]) is succeeded
    assert choose([failed, pending]) is pending
    assert choose([unknown("?"), failed]) is failed


def test_an_empty_search_proves_nothing():
    assert choose([]).kind is OutcomeKind.UNKNOWN
    assert choose([unknown("?")]).kind is OutcomeKind.UNKNOWN
