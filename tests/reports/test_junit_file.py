"""What a build server is told."""

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from reports import judge
from reports.checks import Check
from reports.fail_on import FailOn
from reports.junit import to_junit
from reports.measures import measures
from reports.thresholds import Threshold
from reports.truth import Truth


def cases(verdict):
    suite = ET.fromstring(to_junit(verdict)).find("testsuite")
    return {case.get("name").split()[0]: case for case in suite.findall("testcase")}


def test_every_check_is_a_case_and_a_sound_run_passes(run):
    verdict = run.verdict()

    told = cases(verdict)

    assert list(told) == [check.id for check in verdict.checks]
    assert all(case.find("failure") is None and case.find("error") is None for case in told.values())


def test_a_check_that_had_nothing_to_look_at_passes_for_nothing(run):
    told = cases(run.verdict())

    skipped = {name: case.find("skipped") for name, case in told.items() if case.find("skipped") is not None}
    assert set(skipped) == {"I6", "I7", "I10", "I12", "I13"}
    assert skipped["I10"].get("message") == "nothing was tested: the run had no webhooks that lied."


def test_the_scores_of_the_reconciliation_are_told(run):
    run.manifest["plan"] = {"service": {"settlement_period_s": 600, "settlement_delay_max_s": 1_800}}
    movement = run.movement("pi_pay_a")
    run.misreport("settlement-row-wrong", movement)
    subject = {"psp_object_id": "pi_pay_a", "line": movement["id"], "line_kind": "capture"}
    run.record("line-wrong", movement["id"], seconds=700, **subject)

    told = cases(run.verdict())["I12"].find("system-out").text

    assert "line-wrong: 1 planted, 1 found; precision 100%, recall 100%; found after 11.5\u00a0min" in told


def test_a_broken_invariant_is_a_failure_with_the_way_to_have_it_again(run):
    run.psp_payment("pay_a", "a", seconds=12, amount_minor=1000, currency="EUR", psp_id="pi_again")

    failure = cases(run.verdict())["I1"].find("failure")

    assert failure.get("message") == "One purchase was charged more than once: EUR\u00a010.00 too much."
    assert "replay: paystorm run tiny --seed 7" in failure.text


def test_a_skipped_check_is_skipped_and_a_crashed_one_an_error(run):
    def crash(evidence, truth):
        raise ZeroDivisionError

    words = {"title": "T", "statement": "S", "unit": "things", "one": "One broke", "many": "{count} broke"}
    missing = Check(id="A", examine=crash, needs=frozenset({"service.nothing"}), **words)
    crashing = Check(id="B", examine=crash, **words)

    told = cases(judge(run.evidence(), checks=[missing, crashing]))

    assert "service.nothing" in told["A"].find("skipped").get("message")
    assert "ZeroDivisionError" in told["B"].find("error").get("message")


def test_every_threshold_is_a_case(run):
    evidence = run.evidence()
    found = measures(evidence, Truth.rebuild(evidence))
    texts = ["heal_max < 10m", "heal_p99 < 1m", "money_at_risk_max < 1 CHF"]
    results = tuple(Threshold.parse(text).judge(found) for text in texts)

    suite = ET.fromstring(to_junit(replace(judge(evidence), thresholds=results))).find("testsuite")
    met, missed, unmeasured = suite.findall("testcase")[-3:]

    assert [case.get("name") for case in (met, missed, unmeasured)] == texts
    assert met.find("failure") is None
    assert "replay: paystorm run tiny --seed 7" in missed.find("failure").text
    assert unmeasured.find("error").get("type") == "threshold unmeasured"


def test_what_does_not_count_is_skipped_with_its_reason(run):
    run.psp_payment("pay_a", "a", seconds=12, amount_minor=1000, currency="EUR", psp_id="pi_again")

    told = cases(replace(run.verdict(), fail_on=FailOn.parse("I11")))

    assert told["I1"].find("failure") is None
    assert told["I1"].find("skipped").get("message").startswith("not counted (fail on I11): I1 broken. One purchase")


def test_a_run_that_was_ended_early_is_a_case_of_its_own(run):
    run.manifest["is_complete"] = False

    assert "ended before its time" in cases(run.verdict())["run"].find("error").get("message")


@pytest.mark.parametrize("hostile", ["\x00\x1b[2J", "]]><evil/>", "\uffff"])
def test_any_text_leaves_the_file_well_formed(run, hostile):
    run.manifest |= {"scenario": hostile, "command": hostile}
    run.click("gone", seconds=50, customer=hostile)

    assert "I11" in cases(run.verdict())
