"""The tables behind the page: three views of the money, and the time in which it was at risk."""

import pytest

from reports.frames import bites, requests, risks
from reports.reconciliation import three_ways, totals
from reports.truth import Truth


def views(run):
    evidence = run.evidence()
    return three_ways(evidence, Truth.rebuild(evidence)).set_index("order")


def stretches(run):
    evidence = run.evidence()
    return risks(evidence, Truth.rebuild(evidence)).set_index("order")


def test_a_sound_run_agrees_everywhere(run):
    run.refunded("a", 300, seconds=100)

    frame = views(run)

    assert frame["agrees"].all()
    assert frame.loc["a", ["told_minor", "booked_minor", "captured_minor", "refunded_minor"]].tolist() == [
        1000,
        1000,
        1000,
        300,
    ]


def test_sums_are_made_by_currency(run):
    sums = totals(views(run).reset_index()).set_index("currency")

    assert sums.loc["EUR", "captured_minor"] == 13_345
    assert sums.loc["JPY", "captured_minor"] == 500
    assert sums.loc["EUR", ["told_paid", "booked_paid", "captured_paid", "purchases"]].tolist() == [2, 2, 2, 3]


def test_a_second_capture_disagrees(run):
    run.psp_payment("pay_a", "a", seconds=12, amount_minor=1000, currency="EUR", psp_id="pi_again")

    frame = views(run)

    assert list(frame.index[~frame["agrees"]]) == ["a"]


def test_an_orphan_is_a_row_of_its_own(run):
    run.psp_payment("pay_x", "x", seconds=12, amount_minor=1000, currency="EUR")

    row = views(run).loc["x"]

    assert (row["told"], row["state"], row["psp_status"], bool(row["agrees"])) == (
        "nothing final",
        "no row",
        "captured",
        False,
    )


def test_a_customer_who_heard_nothing_final_disagrees_with_nobody(run):
    run.diary = [row for row in run.diary if row["action"] != "read"]

    assert views(run)["agrees"].all()


def test_a_service_that_does_not_know_of_captured_money_disagrees(run):
    run.payment_row("pay_a")["state"] = "PROCESSING"
    run.diary = [row for row in run.diary if row["action"] != "read"]

    assert not views(run).loc["a", "agrees"]


def test_after_a_failed_payment_the_one_that_lives_counts(run):
    run.declined("again", seconds=100, payment_id="pay_again_first")
    run.paid("again", seconds=200)

    row = views(run).loc["again"]

    assert (row["state"], row["psp_status"], bool(row["agrees"])) == ("SUCCESS", "captured, declined", True)


def test_money_is_at_risk_from_its_capture_until_the_service_knows(run):
    row = stretches(run).loc["c"]

    assert (row["from_s"], row["until_s"], row["healed_by"]) == (31.0, 330.0, "worker")
    assert row["amount"] == pytest.approx(123.45)


def test_a_second_capture_is_at_risk_until_the_end(run):
    run.psp_payment("pay_a", "a", seconds=12, amount_minor=1000, currency="EUR", psp_id="pi_again")

    rows = stretches(run).loc["a"]

    assert rows["healed_by"].tolist() == ["webhook", ""]
    assert rows["until_s"].tolist() == [13.0, 7_200.0]


def test_a_phantom_is_at_risk_from_the_moment_it_was_believed_in(run):
    run.psp["payments"] = [row for row in run.psp["payments"] if row["id"] != "pi_pay_a"]
    run.psp["movements"] = [row for row in run.psp["movements"] if row["payment"] != "pi_pay_a"]

    row = stretches(run).loc["a"]

    assert (row["from_s"], row["until_s"], row["healed_by"]) == (13.0, 7_200.0, "")


def test_without_transitions_nobody_knows_when_money_was_at_risk(run):
    del run.service["transitions"]

    assert stretches(run).empty


def test_a_request_that_was_never_answered_has_no_latency(run):
    run.click("a", seconds=9, took_s=None)

    frame = requests(run.evidence())

    assert frame["latency_s"].isna().sum() == 1
    assert frame["latency_s"].dropna().tolist() == pytest.approx([0.1] * 8)


def test_bites_are_counted_by_fault(run):
    run.bite("webhook-lost", "lost", seconds=50)

    row = bites(run.evidence()).iloc[0]

    assert (row["fault"], row["count"], row["first_s"], row["last_s"]) == ("webhook-lost", 2, 33.0, 50.0)
