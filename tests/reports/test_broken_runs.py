"""Each invariant is broken by one small change to a sound run, and is the one that is found broken."""

import pytest


def finding(run, check_id):
    return next(check.finding for check in run.verdict().checks if check.id == check_id)


# -- I1: nobody pays twice


def test_a_duplicate_capture_is_found(run):
    run.psp_payment("pay_a", "a", seconds=12, amount_minor=1000, currency="EUR", psp_id="pi_again")

    assert run.accused() == {"I1", "I9"}
    assert finding(run, "I1").sentence == "One purchase was charged more than once: EUR\u00a010.00 too much."


def test_two_captures_of_one_payment_at_the_psp_are_found(run):
    run.move("capture", "pi_pay_a", 1000, "EUR", seconds=13)
    run.psp["payments"][0]["captured_minor"] = 2000

    assert "I1" in run.accused()


def test_a_duplicate_capture_is_found_even_when_it_went_back(run):
    run.psp_payment("pay_a", "a", seconds=12, amount_minor=1000, currency="EUR", psp_id="pi_again")
    run.psp_refund("repair", "pi_again", 1000, "EUR", seconds=50)
    run.service["discrepancies"].append(
        {"id": "dis_1", "kind": "double-capture", "payment_id": "pay_a", "state": "repaired", "found_at_us": 1}
        | {"evidence": {"subject": "pi_again", "attempt_id": "att_pay_a"}}
    )

    assert run.accused() == {"I1", "I9"}
    assert "EUR\u00a010.00 went back" in finding(run, "I1").worst.what


# -- I2: no orphans


def test_an_orphan_without_any_row_is_found(run):
    run.click("lost", seconds=50, took_s=None)
    run.psp_payment("pay_lost", "lost", seconds=51, amount_minor=700, currency="EUR")

    assert run.accused() == {"I2"}
    assert "EUR\u00a07.00 lies at the PSP" in finding(run, "I2").worst.what


def test_money_behind_a_failed_payment_is_an_orphan_and_its_customer_was_lied_to(run):
    _capture_the_declined(run)

    assert run.accused() == {"I2", "I4"}


def test_money_behind_a_payment_that_was_never_sent_is_an_orphan(run):
    run.click("early", seconds=50)
    run.book("early", [("CREATED", 50, "api")], payment_id="pay_early", amount_minor=1000, currency="EUR")
    run.psp_payment("pay_early", "early", seconds=51, amount_minor=1000, currency="EUR")

    assert run.accused() == {"I2", "I8"}


def test_a_discrepancy_about_another_payment_excuses_nothing(run):
    _capture_the_declined(run)
    run.service["discrepancies"].append(
        {"id": "dis_1", "kind": "late-capture", "payment_id": "pay_a", "state": "open", "found_at_us": 1}
    )

    assert "I2" in run.accused()


@pytest.mark.parametrize(
    ("kind", "subject"),
    [("late-capture", "pi_other"), ("late-capture", "att_pay_d"), ("line-doubled", "pi_pay_d"), ("line-wrong", "m")],
)
def test_a_discrepancy_about_other_money_of_the_payment_or_about_a_line_excuses_nothing(run, kind, subject):
    _capture_the_declined(run)
    run.record(kind, subject, seconds=200)["payment_id"] = "pay_d"

    assert "I2" in run.accused()


# -- I3: no phantoms


def test_a_phantom_is_found_and_its_customer_was_lied_to(run):
    run.psp["payments"] = [payment for payment in run.psp["payments"] if payment["id"] != "pi_pay_a"]
    run.psp["movements"] = [move for move in run.psp["movements"] if move["payment"] != "pi_pay_a"]

    assert run.accused() == {"I3", "I4"}


def test_a_wrong_exponent_is_found_though_the_books_agree_with_themselves(run):
    payment = next(payment for payment in run.psp["payments"] if payment["currency"] == "JPY")
    payment |= {"amount_minor": 50_000, "captured_minor": 50_000}
    next(move for move in run.psp["movements"] if move["currency"] == "JPY")["amount_minor"] = 50_000

    assert "I3" in run.accused()
    assert "JPY\u00a050,000" in finding(run, "I3").worst.what


def test_another_currency_is_found(run):
    run.psp["payments"][0]["currency"] = "USD"
    run.psp["movements"][0]["currency"] = "USD"

    assert run.accused() == {"I3"}


def test_books_that_hold_twice_the_capture_are_found(run):
    run.payment_row("pay_a")["captured_minor"] = 2000

    assert run.accused() == {"I3", "I9"}


# -- I4: told the truth


def test_a_lie_to_a_customer_is_found(run):
    run.look("a", "FAILED", seconds=6_000)

    assert {"I4", "I5"} == run.accused()  # SUCCESS was seen before, so it also went back
    assert "was told FAILED, but EUR\u00a010.00 was taken and kept" in finding(run, "I4").worst.what


def test_a_lie_that_is_read_often_is_one_lie(run):
    for seconds in (50, 60, 70):
        run.look("d", "SUCCESS", seconds=seconds)

    assert finding(run, "I4").count == 1


def test_refunded_without_money_back_is_a_lie(run):
    run.look("a", "REFUNDED", seconds=100)

    assert run.accused() == {"I4"}


def test_a_pending_refund_that_was_shown_as_done_is_a_lie(run):
    run.refunded("a", 1000, seconds=100, psp_status="pending")

    assert {"I4", "I7"} == run.accused()


def test_a_refund_that_never_arrived_and_was_shown_as_done_is_a_lie(run, clock):
    run.refunded("a", 1000, seconds=100)
    refund = run.psp["refunds"][-1]
    failed = {"status": "failed", "succeeded_at_us": None, "settled_at_us": clock(500), "failed_at_us": clock(500)}
    refund |= failed
    run.move("refund_failure", refund["payment"], 1000, "EUR", seconds=500, refund=refund["id"])

    assert "I4" in run.accused()  # it was shown at 110 s


def test_an_amount_still_shown_as_refunded_long_after_the_bank_sent_it_back_is_a_lie(run, clock):
    run.refunded("a", 1000, seconds=100)
    refund = run.psp["refunds"][-1]
    refund |= {"status": "failed", "settled_at_us": clock(500), "failed_at_us": clock(500)}
    run.move("refund_failure", refund["payment"], 1000, "EUR", seconds=500, refund=refund["id"])
    run.look("a", "REFUNDED", seconds=12_000)  # two periods of the statement, and more

    assert run.accused() == {"I4", "I7"}


def test_a_wrong_captured_amount_is_a_lie(run):
    run.look("a", "SUCCESS", seconds=100, captured_shown_minor=999)

    assert run.accused() == {"I4"}


def test_a_customer_who_was_refused_for_good_and_paid_was_lied_to(run):
    run.click("denied", seconds=50, outcome="failed", http_status=422, payment_id=None)
    run.paid("denied", seconds=50)
    run.diary = [row for row in run.diary if row["order_id"] != "denied" or row["http_status"] == 422]

    assert run.accused() == {"I4"}


# -- I5: lawful steps


@pytest.mark.parametrize(
    ("before", "after"),
    [("SUCCESS", "FAILED"), ("SUCCESS", "PROCESSING"), ("SUCCESS", "SUCCESS"), ("SUCCESS", "LIMBO")],
)
def test_an_unlawful_transition_is_found(run, before, after):
    run.step("pay_a", 4, before, after, seconds=100)
    run.payment_row("pay_a")["state"] = after

    assert "I5" in run.accused()
    assert f"went from {before} to {after}" in finding(run, "I5").worst.what


def test_a_gap_between_transitions_is_found(run):
    run.service["transitions"] = [
        step for step in run.service["transitions"] if (step["payment_id"], step["sequence"]) != ("pay_a", 2)
    ]

    assert run.accused() == {"I5"}


def test_a_state_that_no_transition_explains_is_found(run):
    run.service["transitions"] = [
        step for step in run.service["transitions"] if (step["payment_id"], step["sequence"]) != ("pay_a", 3)
    ]

    assert run.accused() == {"I5"}


def test_a_payment_that_a_customer_saw_going_back_is_found_without_the_services_books(run):
    run.look("a", "PROCESSING", seconds=100)
    run.service = {"payments": run.service["payments"]}

    assert run.accused() == {"I5"}


# -- I6: replays


def test_a_differing_replay_is_found(run):
    run.click("a", seconds=11, replayed=True, answer={"id": "pay_a", "status": "SUCCESS"})

    assert run.accused() == {"I6"}


def test_a_replay_with_another_status_is_found(run):
    run.click("a", seconds=11, replayed=True, answer=run.diary[0]["answer"], http_status=200)

    assert run.accused() == {"I6"}


def test_one_key_that_made_two_payments_is_found(run):
    run.click("a", seconds=11, payment_id="pay_other")
    run.book("other", [("CREATED", 7_199, "api")], payment_id="pay_other", amount_minor=1000, currency="EUR")

    assert run.accused() == {"I6"}


def test_a_key_that_was_accepted_with_another_amount_is_found(run):
    run.click("a", seconds=11, amount_minor=9_999, replayed=True)

    assert run.accused() == {"I6"}


def test_an_answer_that_belongs_to_another_order_is_found(run):
    run.click("e", seconds=50, payment_id="pay_a")

    assert "I6" in run.accused()
    assert "belongs to a" in finding(run, "I6").worst.what


def test_a_remembered_error_is_found(run):
    run.click("e", seconds=50, outcome="unknown", http_status=500, payment_id=None)
    run.click("e", seconds=51, outcome="unknown", http_status=500, payment_id=None, replayed=True)

    assert run.accused() == {"I6"}


def test_an_accepted_request_that_is_refused_when_repeated_is_found(run):
    run.click("a", seconds=11, outcome="failed", http_status=422, payment_id=None)

    assert run.accused() == {"I6"}


# -- I7: refunds


def test_an_over_refund_at_the_psp_is_found(run):
    run.refunded("a", 600, seconds=100)
    run.refunded("a", 600, seconds=200)

    assert run.accused() == {"I7"}
    assert finding(run, "I7").worst.amount_minor == 200


def test_refunds_promised_beyond_the_capture_are_found_though_the_psp_refused_them(run):
    run.refunded("a", 600, seconds=100)
    row = run.service["refunds"][-1]
    run.service["refunds"].append(
        row | {"id": "ref_a_2", "psp_refund_id": None, "created_at_us": row["created_at_us"] + 1}
    )

    assert run.accused() == {"I7", "I9"}


def test_one_refund_that_went_out_twice_is_found(run):
    run.refunded("a", 300, seconds=100)
    run.psp_refund("ref_a_1", "pi_pay_a", 300, "EUR", seconds=150, id="re_again")

    assert run.accused() == {"I7", "I9"}
    assert "the service says EUR\u00a03.00 went back, the PSP says EUR\u00a06.00" in finding(run, "I7").worst.what


def test_a_refund_that_the_service_has_forgotten_is_found(run):
    run.psp_refund("unheard", "pi_pay_a", 300, "EUR", seconds=150)

    assert run.accused() == {"I7"}


def test_a_refund_that_never_arrived_and_is_booked_is_found_at_once(run, clock):
    run.refunded("a", 300, seconds=7_100)
    refund = run.psp["refunds"][-1]
    failed = {"status": "failed", "succeeded_at_us": None, "settled_at_us": clock(7_150), "failed_at_us": clock(7_150)}
    refund |= failed
    run.move("refund_failure", refund["payment"], 300, "EUR", seconds=7_150, refund=refund["id"])

    assert "I7" in run.accused()


def test_a_disagreement_is_not_excused_by_a_discrepancy_about_something_else(run):
    run.refunded("a", 300, seconds=100)
    run.psp_refund("unheard", "pi_pay_a", 200, "EUR", seconds=150)
    run.record("line-wrong", "mov_0", seconds=160)["payment_id"] = "pay_a"

    assert "I7" in run.accused()


def _dropped(run):
    """A refund that was accepted, and failed without a trace at the PSP."""
    run.refunded("a", 300, seconds=100, state="FAILED")
    run.psp["refunds"].pop()
    run.psp["movements"].pop()
    run.attempt("pay_a", seconds=100, refund_id="ref_a_1", state="FAILED")
    run.service["attempts"][-1]["psp_id"] = None


def test_a_refund_that_failed_although_the_psp_was_never_asked_is_found(run):
    _dropped(run)

    assert run.accused() == {"I7"}
    assert "and the PSP was never asked" in finding(run, "I7").worst.what


# -- I8: convergence


def _processing(run, *, seconds):
    run.click("stuck", seconds=seconds)
    steps = [("CREATED", seconds, "api"), ("PROCESSING", seconds + 0.2, "dispatch")]
    run.book("stuck", steps, payment_id="pay_stuck", amount_minor=1000, currency="EUR")


def test_a_stuck_payment_is_found(run):
    _processing(run, seconds=50)
    run.psp_payment("pay_stuck", "stuck", seconds=51, amount_minor=1000, currency="EUR")

    assert run.accused() == {"I8"}
    assert "still PROCESSING; the PSP says captured" in finding(run, "I8").worst.what


def test_a_payment_of_which_the_psp_never_heard_is_stuck_too(run):
    _processing(run, seconds=50)

    assert run.accused() == {"I8"}


def test_the_promise_counts_from_the_calm_on(run, clock):
    _processing(run, seconds=50)
    run.manifest["ended_at_us"] = clock(600 + 3_599)

    verdict = run.verdict()

    assert verdict.validity == "unknown"
    assert any("a calm of 3599 s" in note for check in verdict.checks for note in check.notes)


def _rests(run, *, seconds):
    steps = [("CREATED", 50, "api"), ("PROCESSING", 50.2, "dispatch"), ("SUCCESS", seconds, "worker")]
    run.click("late", seconds=50)
    run.book("late", steps, payment_id="pay_late", amount_minor=1000, currency="EUR")
    run.psp_payment("pay_late", "late", seconds=51, amount_minor=1000, currency="EUR")


def test_a_payment_that_came_to_rest_after_the_promise_is_found(run):
    _rests(run, seconds=600 + 3_600 + 90)

    assert run.accused() == {"I8"}
    assert "came to rest 90 s later than promised" in finding(run, "I8").worst.what


def test_a_refused_card_that_was_noticed_after_the_promise_is_found(run, clock):
    payment = run.payment_row("pay_d")
    run.service["transitions"] = [
        step | ({"at_us": clock(600 + 3_600 + 90)} if step["to_state"] == "FAILED" else {})
        for step in run.service["transitions"]
    ]
    run.diary = [row for row in run.diary if row["order_id"] != "d" or row["action"] != "read"]

    assert run.accused() == {"I8"}
    assert finding(run, "I8").worst.payment_id == payment["id"]


def test_a_clock_that_was_fast_accuses_nobody_if_somebody_saw_the_payment_at_rest_in_time(run):
    _rests(run, seconds=600 + 3_600 + 90)
    run.look("late", "SUCCESS", seconds=600 + 3_590, payment_id="pay_late")

    assert run.accused() == set()


def test_a_payment_that_came_to_rest_at_the_last_moment_is_in_time(run):
    _rests(run, seconds=600 + 3_600)

    assert run.accused() == set()


def test_the_promise_about_late_money_counts_from_the_money_on(run, clock):
    _rests(run, seconds=600 + 3_600 + 90)
    run.psp["payments"][-1]["captured_at_us"] = clock(700)
    run.psp["movements"][-1]["at_us"] = clock(700)

    assert run.accused() == set()


def test_a_stuck_refund_is_found(run):
    run.refunded("a", 400, seconds=100, state="PENDING")

    assert "I8" in run.accused()


def test_a_parked_event_is_found(run):
    run.receive("evt_parked", seconds=50, state="parked", psp_object_id="pi_unknown")

    assert run.accused() == {"I8"}


def test_an_attempt_left_over_is_found(run):
    run.attempt("pay_a", seconds=60, state="SENT")

    assert run.accused() == {"I8"}


def _refunds_asked(run, statuses, *, seconds):
    for number, status in enumerate(statuses):
        asked = {"key": "key-a/refund-1", "intent": "a/refund-1", "payment_id": "pay_a", "amount_minor": 5}
        run.ask("refund", "a", seconds=seconds + 10 * number, http_status=status, outcome="unknown", **asked)


def test_a_request_that_meets_with_an_internal_error_to_the_end_is_found(run):
    _refunds_asked(run, [503, 500, 500], seconds=595)

    assert run.accused() == {"I8"}
    worst = finding(run, "I8").worst
    assert worst.what == "a customer asked 3 times to refund and met with an internal error to the end"
    assert (worst.payment_id, worst.amount_minor, worst.currency) == ("pay_a", 5, "EUR")


@pytest.mark.parametrize(
    ("statuses", "seconds"),
    [([500, 500], 400), ([500], 700), ([500, 409], 700), ([409, 500], 700), ([503, 503], 700)],
    ids=["in the storm", "asked once", "refused in the end", "refused at the same time", "for want of a database"],
)
def test_other_errors_are_no_accident_for_good(run, statuses, seconds):
    _refunds_asked(run, statuses, seconds=seconds)

    assert run.accused() == set()


# -- I11: durability


def test_an_acknowledged_payment_that_vanished_is_found(run):
    run.click("gone", seconds=50)

    assert run.accused() == {"I11"}


def test_an_acknowledged_refund_that_vanished_is_found(run):
    run.ask("refund", "a", seconds=50, key="key-a/refund-1", payment_id="pay_a", refund_id="ref_gone", amount_minor=5)

    assert run.accused() == {"I11"}


def test_a_payment_that_its_customer_cannot_find_any_more_is_found_without_the_services_books(run):
    run.ask("read", "a", seconds=60, payment_id="pay_a", outcome="failed", http_status=404)
    run.service = {}

    assert run.accused() == {"I11"}


def _capture_the_declined(run):
    payment = next(payment for payment in run.psp["payments"] if payment["status"] == "declined")
    payment |= {
        "status": "captured",
        "captured_minor": payment["amount_minor"],
        "captured_at_us": payment["created_at_us"],
    }
    run.move("capture", payment["id"], payment["amount_minor"], payment["currency"], seconds=100)
