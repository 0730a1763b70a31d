"""What is behind a disagreement: who says what, in which rows, and what the service had noticed itself."""

import pytest

from reports import judge
from reports.discoveries import by_kind, discoveries
from reports.drilldown import drill_down
from reports.page import render_page
from reports.reconciliation import disagreements, three_ways
from reports.story import Storyteller
from reports.truth import Truth


@pytest.fixture
def drill(run):
    def drilled():
        evidence = run.evidence()
        truth = Truth.rebuild(evidence)
        return drill_down(disagreements(three_ways(evidence, truth)), truth, Storyteller(evidence))

    return drilled


def test_a_sound_run_has_nothing_to_drill_into(drill):
    assert drill() == ()


def test_a_second_capture_shows_both_payments_of_the_psp_and_what_the_service_noticed(run, drill):
    run.psp_payment("pay_a", "a", seconds=12, amount_minor=1000, currency="EUR", psp_id="pi_again")
    run.record("double-capture", "pi_again", seconds=500, state="repaired")

    [one] = drill()

    assert one.row["order"] == "a"
    assert one.why == ("The customer and the service know of EUR\u00a010.00, the PSP took EUR\u00a020.00.",)
    assert [money.payment.id for money in one.moneys] == ["pi_pay_a", "pi_again"]
    assert [payment.id for payment in one.payments] == ["pay_a"]
    assert [(found.kind, found.state) for found in one.found] == [("double-capture", "repaired")]
    assert [entry.status_shown for entry in one.words] == ["SUCCESS"]
    assert any("double-capture" in step.line.what for step in one.steps)


def test_money_of_which_the_service_does_not_know_says_so(run, drill):
    run.click("lost", seconds=50, took_s=None)
    run.psp_payment("pay_lost", "lost", seconds=51, amount_minor=700, currency="EUR")

    [one] = drill()

    assert one.why == ("The service knows of nothing, the PSP took EUR\u00a07.00.",)
    assert (one.payments, one.words) == ((), ())


def test_a_refund_of_which_the_books_tell_different_sums_says_so(run, drill):
    run.refunded("a", 300, seconds=100)
    run.payment_row("pay_a")["refunded_minor"] = 100

    [one] = drill()

    assert one.why == ("Given back: EUR\u00a01.00 by the service's books, EUR\u00a03.00 by the PSP's.",)


def test_the_largest_difference_comes_first_whatever_its_minor_units_are(run, drill):
    run.psp_payment("pay_a", "a", seconds=12, amount_minor=1000, currency="EUR", psp_id="pi_again")
    run.psp_payment("pay_b", "b", seconds=22, amount_minor=500, currency="JPY", psp_id="pi_again_too")
    run.psp_payment("pay_c", "c", seconds=32, amount_minor=100, currency="EUR", psp_id="pi_again_thrice")

    assert [one.row["order"] for one in drill()] == ["b", "a", "c"]


def test_what_the_service_found_is_counted_by_kind_and_by_what_became_of_it(run):
    run.record("double-capture", "pi_1", seconds=500, state="repaired")
    run.record("double-capture", "pi_2", seconds=400)
    run.record("orphan-money", "pi_3", seconds=600)
    evidence = run.evidence()

    frame = discoveries(evidence, Truth.rebuild(evidence))
    kinds = by_kind(frame).set_index("kind")

    assert frame["object"].tolist() == ["pi_2", "pi_1", "pi_3"]
    assert frame["closed_s"].isna().tolist() == [True, False, True]
    assert kinds.loc["double-capture", ["found", "repaired", "needs_person"]].tolist() == [2, 1, 1]


def test_the_page_bounds_what_it_unfolds_and_says_where_the_rest_is(run):
    for number in range(120):
        run.click(f"lost-{number}", seconds=50, took_s=None)
        run.psp_payment(f"pay_{number}", f"lost-{number}", seconds=51, amount_minor=700, currency="EUR")
        run.record("orphan-money", f"pi_pay_{number}", seconds=500)
    evidence = run.evidence()

    page = render_page(evidence, judge(evidence))

    assert page.count("The service knows of nothing, the PSP took EUR\u00a07.00.") == 50
    assert "50 of 120, the largest difference first; the other 70 are in <code>tables/disagreements.csv</code>" in page
    assert "the other 70 are in <code>tables/discoveries.csv</code>" in page
    assert "The first 50 of them" in page
