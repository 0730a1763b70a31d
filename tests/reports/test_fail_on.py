"""What makes a build fail, and that whatever does not count is told."""

import json
from dataclasses import replace

import pytest

from reports import judge
from reports.errors import BadFailOn
from reports.fail_on import EVERYTHING, FailOn
from reports.measures import measures
from reports.page import render_page
from reports.thresholds import Threshold
from reports.truth import Truth


def judged(run, fail_on="invalid,unknown,thresholds", thresholds=()):
    evidence = run.evidence()
    found = measures(evidence, Truth.rebuild(evidence))
    results = tuple(Threshold.parse(text).judge(found) for text in thresholds)
    return replace(judge(evidence), fail_on=FailOn.parse(fail_on), thresholds=results)


def charge_twice(run):
    run.psp_payment("pay_a", "a", seconds=12, amount_minor=1000, currency="EUR", psp_id="pi_again")


def names(shortfalls):
    return [str(one) for one in shortfalls]


def test_a_sound_run_passes_whatever_counts(run):
    for fail_on in ("invalid", "invalid,unknown,thresholds", "I1,I7", "never"):
        verdict = judged(run, fail_on, ["heal_p99 < 10m"])
        assert (verdict.passes, verdict.not_counted) == (True, ())


@pytest.mark.parametrize(
    ("fail_on", "passes"),
    [("invalid", False), ("I1", False), ("I5,I1", False), ("I5", True), ("unknown,thresholds", True), ("never", True)],
)
def test_a_broken_invariant_counts_if_it_is_asked_for(run, fail_on, passes):
    charge_twice(run)

    verdict = judged(run, fail_on)

    assert verdict.passes is passes
    assert "I1 broken" in names(verdict.not_counted if passes else verdict.counted)
    assert verdict.validity == "invalid"  # the truth does not depend on what somebody wants to know


@pytest.mark.parametrize(("fail_on", "passes"), [("thresholds", False), ("invalid,unknown", True), ("I1", True)])
def test_a_missed_and_an_unmeasured_threshold_count_alike(run, fail_on, passes):
    for text, told in (("heal_max < 1m", "missed"), ("money_at_risk_max < 1 CHF", "unmeasured")):
        verdict = judged(run, fail_on, [text])

        assert verdict.passes is passes
        assert names(verdict.not_counted if passes else verdict.counted) == [f"{text} {told}"]


@pytest.mark.parametrize(("fail_on", "passes"), [("unknown", False), ("I1", False), ("invalid", True)])
def test_a_run_that_was_ended_early_shows_nothing_to_whoever_asked_for_an_invariant(run, fail_on, passes):
    run.manifest["is_complete"] = False

    verdict = judged(run, fail_on)

    assert verdict.passes is passes
    assert "run unsettled" in names(verdict.not_counted if passes else verdict.counted)


def test_an_invariant_that_is_asked_for_must_not_be_skipped(run):
    del run.service["discrepancies"]

    assert judged(run).passes
    assert names(judged(run, "I12").counted) == ["I12 skipped"]


def test_the_default_is_everything():
    assert FailOn.parse(str(EVERYTHING)) == EVERYTHING


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("I14", "no 'I14' (did you mean I4?); choose from invalid, unknown, thresholds, I1"),
        ("i1", "no 'i1' (did you mean I1?)"),
        ("treshold", "did you mean thresholds?"),
        ("", "no ''"),
        ("I1,,I2", "no ''"),
        ("never,I1", "never stands alone"),
    ],
)
def test_what_cannot_be_understood_is_refused(text, words):
    with pytest.raises(BadFailOn) as refused:
        FailOn.parse(text)

    assert words in str(refused.value)


def test_verdict_json_tells_the_thresholds_and_what_does_not_count(run):
    charge_twice(run)

    told = json.loads(judged(run, "thresholds", ["heal_max < 1m", "heal_p50 <= 5m"]).to_json())

    assert (told["fail_on"], told["passes"]) == ("thresholds", False)
    assert "I1 broken" in told["not_counted"]
    assert told["counted"] == ["heal_max < 1m missed"]
    assert [result["standing"] for result in told["thresholds"]] == ["missed", "met"]


def test_the_page_tells_the_same_and_says_nothing_where_there_is_nothing(run):
    charge_twice(run)
    verdict = judged(run, "thresholds", ["unknown_share < 1%"])

    page = render_page(run.evidence(), verdict)

    section = page.partition('id="thresholds"')[2].partition("</section>")[0]
    assert "<code>unknown_share &lt; 1%</code>" in section
    assert ">met</span>" in section
    assert "<b>I1</b> broken." in section
    assert 'id="thresholds"' not in render_page(run.evidence(), judged(run))
