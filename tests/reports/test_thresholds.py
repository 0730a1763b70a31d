"""Bars that a run must clear: how they are written, what is measured, and that nothing passes unmeasured."""

import math

import pytest

from reports.errors import BadThreshold
from reports.measures import measures
from reports.quantities import MEASURES
from reports.thresholds import Standing, Threshold
from reports.truth import Truth


def measured(run):
    evidence = run.evidence()
    return measures(evidence, Truth.rebuild(evidence))


@pytest.mark.parametrize(
    ("text", "written", "limit", "key"),
    [
        ("heal_p99 < 10m", "heal_p99 < 10m", 600, "heal_p99"),
        ("  latency_p95<=800ms ", "latency_p95 <= 800ms", 0.8, "latency_p95"),
        ("heal_max <= 1.5 h", "heal_max <= 1.5h", 5_400, "heal_max"),
        ("unknown_share < 1%", "unknown_share < 1%", 0.01, "unknown_share"),
        ("paid_share >= 0.9", "paid_share >= 0.9", 0.9, "paid_share"),
        ("unfinished < 1", "unfinished < 1", 1, "unfinished"),
        ("money_at_risk_max < 500.00 EUR", "money_at_risk_max < 500.00 EUR", 50_000, "money_at_risk_max EUR"),
        ("money_at_risk_end < 5000 JPY", "money_at_risk_end < 5000 JPY", 5_000, "money_at_risk_end JPY"),
        ("money_at_risk_max > 0.125 KWD", "money_at_risk_max > 0.125 KWD", 125, "money_at_risk_max KWD"),
    ],
)
def test_a_threshold_is_a_measure_a_comparison_and_a_limit(text, written, limit, key):
    threshold = Threshold.parse(text)

    assert (str(threshold), threshold.limit, threshold.key) == (written, limit, key)
    assert Threshold.parse(str(threshold)) == threshold


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ("heal_p9 < 10m", 1, "no measure 'heal_p9' (did you mean heal_p99?); choose from heal_p50"),
        ("heal-p99 < 10m", 1, "did you mean heal_p99?"),
        ("", 1, "no measure ''; choose from"),
        ("heal_p99 10m", 10, "expected one of < <= > >= after heal_p99, found 10"),
        ("heal_p99 = 10m", 10, "found ="),
        ("heal_p99", 9, "found nothing"),
        ("heal_p99 < ten", 12, "expected a number such as 10m, found ten"),
        ("heal_p99 < -1s", 12, "found -1s"),
        ("heal_p99 < 1_0s", 13, "no unit '_0s'"),
        ("heal_p99 < \N{FULLWIDTH DIGIT ONE}0m", 12, "expected a number"),
        ("heal_p99 < 9999999999999999999s", 12, "expected a number"),
        ("heal_p99 < 10", 14, "a time needs a unit; choose from ms s m min h d, such as 10s"),
        ("heal_p99 < 10 fortnights", 15, "no unit 'fortnights'"),
        ("unknown_share < 1 ms", 19, "a share has the unit % or none, and not 'ms'"),
        ("unknown_share < 120%", 17, "at most 100% or 1"),
        ("unfinished < 1 m", 16, "has no unit"),
        ("money_at_risk_max < 500", 24, "money needs its currency; write 500 EUR"),
        ("money_at_risk_max < 500 eur", 25, "no currency 'eur'"),
        ("money_at_risk_max < 500.005 EUR", 21, "EUR has 2 decimals"),
        ("money_at_risk_max < 5.5 JPY", 21, "JPY has 0 decimals"),
    ],
)
def test_what_is_no_threshold_is_refused_with_the_column_and_the_right_spelling(text, column, words):
    with pytest.raises(BadThreshold) as refused:
        Threshold.parse(text)

    assert f"threshold {text!r}, column {column}: " in str(refused.value)
    assert words in str(refused.value)


def test_everything_that_has_a_name_is_measured_and_nothing_else(run):
    names = {name.partition(" ")[0] for name in measured(run)}

    assert names == set(MEASURES)


def test_a_run_is_measured_as_it_was(run):
    found = measured(run)

    assert [found[f"heal_{name}"] for name in ("p50", "p90", "max")] == pytest.approx([2, 299, 299])
    assert found["latency_p99"] == pytest.approx(0.1)
    assert (found["unknown_share"], found["paid_share"]) == (0, 0.75)
    assert (found["unfinished"], found["discrepancies_open"]) == (0, 0)
    assert found["psp_calls_per_purchase"] == 0.75  # the declined one left no line in the tiny journal
    assert (found["money_at_risk_max EUR"], found["money_at_risk_max JPY"]) == (12_345, 500)
    assert found["money_at_risk_end EUR"] == 0


def test_money_at_risk_at_one_time_is_added_up_and_money_after_money_is_not(run):
    run.paid("e", seconds=100, amount_minor=655, healed_by="worker")  # beside the slow one
    run.paid("f", seconds=5_000, amount_minor=12_900, healed_by="worker")  # when all else is known

    assert measured(run)["money_at_risk_max EUR"] == 13_000


def test_what_the_service_never_knew_took_for_ever_and_is_at_risk_at_the_end(run):
    run.psp_payment("pay_a", "a", seconds=12, amount_minor=700, currency="EUR", psp_id="pi_again")

    found = measured(run)

    assert found["heal_max"] == math.inf
    assert found["money_at_risk_end EUR"] == 700
    result = Threshold.parse("heal_max < 10d").judge(found)
    assert (result.standing, result.sentence) == (Standing.MISSED, "heal_max was never reached.")


def test_a_request_without_an_answer_is_slower_than_any(run):
    for number in range(8):  # as many as were answered
        run.click(f"gone-{number}", seconds=50, took_s=None)

    found = measured(run)

    assert found["latency_p50"] == math.inf
    assert found["unknown_share"] == 0.5


@pytest.mark.parametrize("limit", ["299s", "298s"])
def test_a_bar_that_is_only_reached_is_not_cleared(run, limit):
    assert Threshold.parse(f"heal_max < {limit}").judge(measured(run)).standing is Standing.MISSED


def test_what_there_is_nothing_of_is_unmeasured_and_not_met(run):
    del run.service["transitions"], run.service["discrepancies"]

    found = measured(run)

    for text in ("heal_p99 < 10m", "money_at_risk_max < 1 EUR", "discrepancies_open < 1", "money_at_risk_end < 1 CHF"):
        result = Threshold.parse(text).judge(found)
        assert result.standing is Standing.UNMEASURED
        assert not result.is_met
        assert "could not be measured: the run has no " in result.sentence


def test_a_run_in_which_nobody_asked_has_no_shares(tmp_path, run):
    run.diary.clear()

    found = measured(run)

    assert [found[name] for name in ("unknown_share", "paid_share", "latency_max")] == [None] * 3
