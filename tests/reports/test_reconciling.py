"""I12: the reconciliation is scored by what was really wrong; what is beyond comparison accuses nobody."""

import pytest

HOUR_S = 3_600
SHORT = {"service": {"settlement_period_s": 600, "settlement_delay_max_s": 1_800}}


@pytest.fixture(autouse=True)
def _short_periods(run):
    """Two periods of ten minutes after the calm began, which is long before the end."""
    run.manifest["plan"] = SHORT


def result(run):
    return next(check for check in run.verdict().checks if check.id == "I12")


def score(run, kind):
    return next(score for score in result(run).scores if score.kind == kind)


def found_line(run, kind, movement, *, seconds=700, state="needs_person"):
    """What the service writes about a line that it compared with the PSP's word."""
    psp_object, line = movement["refund"] or movement["payment"], movement["id"]
    line_kind = {"refund_failure": "refund_reversal"}.get(movement["kind"], movement["kind"])
    evidence = {"psp_object_id": psp_object, "line": line, "line_kind": line_kind, "word": "succeeded"}
    subject = psp_object if kind == "line-missing" else line
    return run.record(kind, subject, seconds=seconds, state=state, **evidence)


def twin(run, *, seconds=12):
    """The PSP captures payment a once more, which it declares to be nobody's fault."""
    run.psp_payment("pay_a", "a", seconds=seconds, amount_minor=1000, currency="EUR", psp_id="pi_again")
    request = {"request_id": "req_again", "operation": "create_payment", "idempotency_key": "psp-key-pay_a"}
    run.journal("request", seconds=seconds, object="pi_again", status=200, **request)
    bite = {"where": "reply", "detail": {"request_id": "req_again"}, "unsurvivable": "repeated-effect"}
    run.bite("forgetful", "keys-ignored", seconds=seconds, **bite)


def give_back(run, psp_object, *, seconds, **made):
    repair = {"id": f"re_{psp_object}", "metadata": {"repair_of": psp_object}}
    run.psp_refund("", psp_object, 1000, "EUR", seconds=seconds, **repair, **made)


# -- scores


def test_a_run_in_which_nothing_was_wrong_says_that_nothing_was_tested(run):
    assert result(run).saw_nothing
    assert result(run).scores == ()


def test_what_was_planted_and_found_is_scored_by_kind_with_its_spans(run):
    for psp_id in ("pi_pay_a", "pi_pay_b"):
        run.misreport("settlement-row-wrong", run.movement(psp_id))
        found_line(run, "line-wrong", run.movement(psp_id), seconds=711)
    run.misreport("settlement-row-doubled", run.movement("pi_pay_c"))

    wrong, doubled = score(run, "line-wrong"), score(run, "line-doubled")

    assert (wrong.planted, wrong.found, wrong.missed, wrong.invented) == (2, 2, 0, 0)
    assert (wrong.precision, wrong.recall) == (1.0, 1.0)
    assert (wrong.find_median_s, wrong.find_worst_s, wrong.heal_worst_s) == (695.0, 700.0, None)
    assert (doubled.planted, doubled.found, doubled.missed, doubled.recall, doubled.precision) == (1, 0, 1, 0.0, None)
    assert result(run).examined == 3


def test_a_double_capture_that_went_back_is_found_and_healed(run):
    twin(run)
    run.record("double-capture", "pi_again", seconds=700, state="repaired")
    give_back(run, "pi_again", seconds=712)

    double = score(run, "double-capture")

    assert run.accused() == set()
    assert (double.found, double.find_worst_s, double.heal_worst_s) == (1, 688.0, 700.0)


# -- broken


@pytest.mark.parametrize("kind", ["missing", "doubled", "wrong"])
def test_a_wrong_statement_that_nobody_noticed_is_missed(run, kind):
    run.misreport(f"settlement-row-{kind}", run.movement("pi_pay_a"))

    assert run.accused() == {"I12"}
    assert f"line-{kind} about pi_pay_a" in result(run).finding.worst.what
    assert result(run).finding.worst.payment_id == "pay_a"


def test_a_double_capture_that_nobody_noticed_is_missed(run):
    twin(run)

    assert "I12" in run.accused()
    assert score(run, "double-capture").recall == 0.0


def test_a_late_capture_that_nobody_noticed_is_missed(run, clock):
    payment = next(payment for payment in run.psp["payments"] if payment["id"] == "pi_pay_d")
    payment |= {"status": "captured", "captured_minor": 1000, "captured_at_us": clock(100)}
    run.move("capture", "pi_pay_d", 1000, "EUR", seconds=100)

    assert "I12" in run.accused()
    assert score(run, "late-capture").missed == 1


def test_a_line_that_came_far_too_late_and_was_not_missed_by_anybody_is(run):
    run.misreport("settlement-row-late", run.movement("pi_pay_a"), visible_s=6_000)

    assert run.accused() == {"I12"}


@pytest.mark.parametrize("kind", ["line-missing", "line-wrong", "double-capture", "orphan-money", "phantom-money"])
def test_what_is_on_record_and_was_never_wrong_is_invented(run, kind):
    run.record(kind, "pi_pay_a", seconds=700)

    assert run.accused() == {"I12"}
    assert score(run, kind).precision == 0.0


def test_a_record_about_other_money_finds_nothing(run):
    run.misreport("settlement-row-wrong", run.movement("pi_pay_a"))
    found_line(run, "line-wrong", run.movement("pi_pay_b"))

    assert (score(run, "line-wrong").missed, score(run, "line-wrong").invented) == (1, 1)


def test_what_was_found_after_two_periods_of_the_calm_is_late(run):
    run.misreport("settlement-row-wrong", run.movement("pi_pay_a"))
    found_line(run, "line-wrong", run.movement("pi_pay_a"), seconds=600 + 2 * 600 + 1)

    assert run.accused() == {"I12"}
    assert "found 1 s late" in result(run).finding.worst.what


@pytest.mark.parametrize("went_back_s", [None, 600 + 2 * 600 + 1])
def test_money_that_did_not_go_back_in_time_is_not_healed(run, went_back_s):
    twin(run)
    run.record("double-capture", "pi_again", seconds=700, state="open")
    if went_back_s is not None:
        give_back(run, "pi_again", seconds=went_back_s)

    assert "was not made good in time" in result(run).finding.worst.what


def test_healthy_money_that_was_given_back_is_touched(run):
    give_back(run, "pi_pay_a", seconds=700)

    assert "I12" in run.accused()
    assert result(run).finding.worst.what == "pi_pay_a was given back, and it was rightly taken"


# -- innocent


def test_what_was_planted_too_late_to_be_found_is_not_missed(run, clock):
    run.misreport("settlement-row-wrong", run.movement("pi_pay_a"))
    run.manifest["ended_at_us"] = clock(600 + 2 * 600 - 1)
    run.manifest["final_within_s"] = 60

    assert run.accused() == set()
    assert result(run).examined == 0


def test_a_missing_line_is_waited_for_as_long_as_lines_may_be_late(run):
    run.manifest["plan"] = {"service": {"settlement_period_s": 600}}  # and three days of patience
    run.misreport("settlement-row-missing", run.movement("pi_pay_a"))

    assert run.accused() == set()


def test_a_line_that_is_late_and_comes_in_time_is_nothing_wrong(run):
    run.misreport("settlement-row-late", run.movement("pi_pay_a"), visible_s=900)

    assert run.accused() == set()


def test_a_late_line_may_be_called_missing_until_it_comes(run):
    movement = run.movement("pi_pay_a")
    run.misreport("settlement-row-late", movement, visible_s=2_500)
    found_line(run, "line-missing", movement, seconds=2_200, state="repaired")

    assert run.accused() == set()


def test_a_service_that_does_not_read_the_statement_cannot_miss_it(run):
    run.manifest["plan"] = {"service": {"settlement_period_s": None}}
    run.misreport("settlement-row-wrong", run.movement("pi_pay_a"))

    assert run.accused() == set()
    assert result(run).saw_nothing


@pytest.fixture
def came_and_went(run, clock):
    """A refund that failed, with two lines on the statement."""
    run.refunded("a", 300, seconds=100, state="FAILED")
    run.attempt("pay_a", seconds=100, refund_id="ref_a_1", state="FAILED")
    run.service["attempts"][-1]["psp_id"] = "re_ref_a_1"
    failed = {"status": "failed", "succeeded_at_us": None, "settled_at_us": clock(200), "failed_at_us": clock(200)}
    run.psp["refunds"][-1] |= failed
    run.move("refund_failure", "pi_pay_a", 300, "EUR", seconds=200, refund="re_ref_a_1")
    return run


def test_the_lines_of_a_refund_that_came_and_went_may_both_be_missing(came_and_went):
    for kind in ("refund", "refund_failure"):
        came_and_went.misreport("settlement-row-missing", came_and_went.movement("pi_pay_a", kind))

    assert came_and_went.accused() == set()


@pytest.mark.parametrize(("visible_s", "accused"), [(300, {"I12"}), (6_500, set())])
def test_one_of_them_is_missing_from_when_the_other_one_is_there(came_and_went, visible_s, accused):
    came_and_went.misreport("settlement-row-missing", came_and_went.movement("pi_pay_a", "refund"))
    late = came_and_went.movement("pi_pay_a", "refund_failure")
    came_and_went.misreport("settlement-row-late", late, visible_s=visible_s)

    assert came_and_went.accused() == accused


@pytest.fixture
def returned(run, clock):
    """A refund that arrived and that the bank sent back; the line of the return is missing for good."""
    run.refunded("a", 300, seconds=100)
    run.psp["refunds"][-1] |= {"status": "failed", "settled_at_us": clock(200), "failed_at_us": clock(200)}
    run.move("refund_failure", "pi_pay_a", 300, "EUR", seconds=200, refund="re_ref_a_1")
    run.misreport("settlement-row-missing", run.movement("pi_pay_a", "refund_failure"))
    return run


def test_nobody_can_know_what_the_psp_tells_by_no_way_at_all(returned):
    assert returned.accused() == set()


@pytest.mark.parametrize(
    ("seconds", "status", "accused"), [(201, 200, {"I7", "I12"}), (201, None, set()), (150, 200, set())]
)
def test_one_webhook_that_arrived_is_enough_to_know(returned, seconds, status, accused):
    returned.journal("webhook", seconds=seconds, object="re_ref_a_1", event_id="evt_back", status=status)

    assert returned.accused() == accused


def test_a_line_about_money_that_was_never_ours_cannot_be_compared(run):
    twin(run)
    run.record("double-capture", "pi_again", seconds=700, state="repaired")
    give_back(run, "pi_again", seconds=712)
    for kind in ("capture", "refund"):
        run.misreport("settlement-row-wrong", run.movement("pi_again", kind))

    assert run.accused() == set()


def test_a_double_capture_of_which_the_statement_never_tells_need_not_be_known(run):
    twin(run)
    run.misreport("settlement-row-missing", run.movement("pi_again"))

    assert score_kinds(run) == []


def test_what_needs_a_person_takes_as_long_as_people_do(run):
    twin(run)
    run.record("double-capture", "pi_again", seconds=700, state="needs_person")

    assert "I12" not in run.accused()


def test_a_refund_that_failed_before_it_was_believed_is_no_discrepancy(run, clock):
    run.refunded("a", 300, seconds=100, state="FAILED")
    run.psp["refunds"][-1] |= {"status": "failed", "settled_at_us": clock(200), "failed_at_us": clock(200)}
    run.move("refund_failure", "pi_pay_a", 300, "EUR", seconds=200, refund="re_ref_a_1")
    run.journal("request", seconds=100, object="re_ref_a_1", idempotency_key="k", status=200, request_id="req_r")

    assert run.accused() == set()


def test_a_refund_that_came_back_and_was_followed_is_found(run, clock):
    run.refunded("a", 300, seconds=100, state="FAILED")
    run.psp["refunds"][-1] |= {"status": "failed", "settled_at_us": clock(200), "failed_at_us": clock(200)}
    run.move("refund_failure", "pi_pay_a", 300, "EUR", seconds=200, refund="re_ref_a_1")
    run.record("refund-failed-late", "re_ref_a_1", seconds=210, state="repaired")

    assert run.accused() == set()
    assert score(run, "refund-failed-late").heal_worst_s == 10.0


def test_that_an_amount_was_named_wrongly_may_be_on_record(run):
    run.deliver("evt_odd", "pi_pay_a", seconds=50, lies=["amount"])
    run.receive("evt_odd", seconds=50, psp_object_id="pi_pay_a", state="rejected")
    run.record("amount-mismatch", "pi_pay_a", seconds=50, state="repaired")

    assert run.accused() == set()
    assert score(run, "amount-mismatch").precision == 1.0


def test_an_event_about_nobodys_payment_may_be_on_record(run):
    run.deliver("evt_odd", "pi_nobody", seconds=50, lies=["invented"])
    run.receive("evt_odd", seconds=50, psp_object_id="pi_nobody", state="rejected")
    run.record("orphan-event", "evt_odd", seconds=60, psp_object_id="pi_nobody")

    assert run.accused() == set()


def test_that_the_service_does_not_know_something_itself_is_not_scored(run):
    run.record("unresolved-attempt", "att_pay_a", seconds=60)

    assert run.accused() == set()
    assert result(run).saw_nothing


def score_kinds(run):
    return [score.kind for score in result(run).scores]
