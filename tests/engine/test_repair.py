"""When a repair acts, when it waits, and when a person is called."""

from dataclasses import replace

import pytest

from engine.money import Money
from engine.outcome import Outcome, OutcomeKind, unknown
from engine.reconciliation import DiscrepancyKind, DiscrepancyState
from engine.repair import DONE, LATER, REFUSED, Repair, after_giving_back, before_giving_back

REPAIR = Repair(
    discrepancy_id="dis_1",
    kind=DiscrepancyKind.LATE_CAPTURE,
    subject="pi_1",
    attempt_id="att_1",
    state=DiscrepancyState.OPEN,
    tries=0,
    refusals=0,
    due_at_us=10,
    lease_until_us=None,
    closed_at_us=None,
)


def _word(kind, amount_minor=1250):
    return Outcome(kind=OutcomeKind(kind), psp_id="x", money=Money(amount_minor=amount_minor, currency="EUR"))


@pytest.mark.parametrize(
    ("word", "returns", "expected"),
    [
        (_word("succeeded"), [], None),
        (_word("succeeded"), [_word("failed")], None),
        (_word("succeeded"), [_word("succeeded", 50)], None),  # the rest goes back
        (_word("succeeded"), [_word("succeeded")], DONE),
        (_word("succeeded"), [_word("succeeded", 50), _word("succeeded", 1200)], DONE),
        (_word("succeeded"), [_word("pending")], LATER),
        (_word("succeeded"), [_word("succeeded", 50), _word("pending", 1200)], LATER),
        (_word("succeeded"), None, LATER),  # what has gone back is not known
        (_word("pending"), (), LATER),
        (unknown("?"), (), LATER),
        (_word("failed"), (), REFUSED),
    ],
)
def test_what_the_psp_says_decides_whether_anything_goes_back(word, returns, expected):
    assert before_giving_back(word, returns) == expected


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("succeeded", DONE), ("pending", LATER), ("unknown", LATER), ("failed", REFUSED), ("refused", REFUSED)],
)
def test_what_an_answer_to_our_refund_means(kind, expected):
    assert after_giving_back(_word(kind), ()) == expected


@pytest.mark.parametrize("remembered", ["succeeded", "pending"])
def test_an_answer_that_remembers_a_refund_that_failed_since_is_a_no(remembered):
    assert after_giving_back(_word(remembered), [_word("failed")]) == REFUSED


def test_the_key_stays_until_the_psp_has_said_no():
    unknown_yet = REPAIR.claimed(now_us=10, lease_us=5).postponed(due_at_us=20)
    refused = unknown_yet.refused(due_at_us=30)

    assert REPAIR.psp_key == unknown_yet.psp_key
    assert refused.psp_key != REPAIR.psp_key


def test_after_three_refusals_a_person_has_to_act():
    states = []
    repair = REPAIR
    for _ in range(3):
        repair = repair.refused(due_at_us=30)
        states.append((repair.state, repair.due_at_us))

    assert states == [("open", 30), ("open", 30), ("needs_person", None)]


def test_a_repair_is_tried_when_it_is_due_and_free():
    claimed = REPAIR.claimed(now_us=10, lease_us=5)

    assert [REPAIR.may_be_tried(now_us=now_us) for now_us in (9, 10)] == [False, True]
    assert [claimed.may_be_tried(now_us=now_us) for now_us in (14, 15)] == [False, True]
    assert not REPAIR.repaired(at_us=11).may_be_tried(now_us=99)
    assert replace(REPAIR.repaired(at_us=11), state=DiscrepancyState.OPEN).closed_at_us == 11
