"""How long customers waited: from when they were due, and with nobody left out."""

import pytest

from reports import judge
from reports.frames import requests
from reports.records import STILL_OPEN
from reports.summary import key_figures
from reports.truth import Truth
from reports.waiting import percentile

SECOND_US = 1_000_000


@pytest.mark.parametrize(("share", "waited_us"), [(0.5, 20), (0.51, 30), (0.75, 30), (1.0, None)])
def test_a_percentile_is_one_of_those_who_waited_and_counts_who_never_got_an_answer(share, waited_us):
    assert percentile([None, 30, 10, 20], share) == waited_us


def test_a_late_load_generator_does_not_make_the_service_look_faster(run):
    for row in run.diary:
        row["due_at_us"] = row["asked_at_us"] - 2 * SECOND_US

    evidence = run.evidence()

    assert min(entry.latency_us for entry in evidence.diary if entry.latency_us is not None) >= 2 * SECOND_US
    assert float(requests(evidence)["latency_s"].min()) >= 2


def test_without_a_plan_waiting_counts_from_the_question(run):
    evidence = run.evidence()

    answered = [entry for entry in evidence.diary if entry.answered_at_us is not None]

    assert all(entry.latency_us == entry.answered_at_us - entry.asked_at_us for entry in answered)
    assert "customers in an open load" not in figures_of(evidence)


def test_the_figures_of_an_open_load_say_who_came_late_who_never_came_and_who_was_cut_off(run):
    run.manifest["counts"] |= {"arrivals_due": 9, "arrivals_late": 2, "arrivals_dropped": 3}
    answered = [row for row in run.diary if row["answered_at_us"] is not None][:3]
    for row, waited_s in zip(answered, (1, 2, 3), strict=True):
        row["due_at_us"] = row["answered_at_us"] - waited_s * SECOND_US
    unanswered = run.ask("create", "order-cut", seconds=20, took_s=None, outcome="unknown", amount_minor=100)
    unanswered |= {"due_at_us": unanswered["asked_at_us"], "error": STILL_OPEN, "currency": "EUR"}

    figures = figures_of(run.evidence())

    assert figures["customers in an open load"] == ("9 due", "2 late", "3 dropped")
    assert figures["answered, from when it was due"][-1] == "1 cut off by the end"
    assert figures["answered, from when it was due"][0].replace("\N{NO-BREAK SPACE}", " ") == "50% within 2 s"


def test_a_request_that_was_never_answered_is_the_slowest(run):
    asked = next(row for row in run.diary if row["answered_at_us"] is not None)
    asked["due_at_us"] = asked["asked_at_us"]
    lost = run.ask("create", "order-lost", seconds=20, took_s=None, outcome="unknown", amount_minor=100)
    lost |= {"due_at_us": lost["asked_at_us"], "error": "ReadTimeout", "currency": "EUR"}

    figures = figures_of(run.evidence())

    assert figures["answered, from when it was due"][1:] == ("5% and more never", "1% and more never")


def figures_of(evidence):
    assert judge(evidence).checks
    return {figure.label: figure.values for figure in key_figures(evidence, Truth.rebuild(evidence))}
