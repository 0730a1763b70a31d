"""The judge never accuses the innocent: everything here is lawful, however odd it looks."""

import pytest

from reports import Validity


def test_a_run_in_which_everything_went_well_is_valid(run):
    verdict = run.verdict()

    assert verdict.validity is Validity.VALID
    assert verdict.findings == ()
    assert [check.id for check in verdict.checks if check.is_skipped] == ["I13"]  # nobody listens
    assert [check.id for check in verdict.checks] == [f"I{number}" for number in range(1, 14)]
    assert verdict.summary.endswith("Nobody lost money or paid twice.")


def test_a_request_in_flight_at_the_end_accuses_nobody(run):
    run.click("late", seconds=7_199.95, took_s=None, error="still open when the run ended")
    money = {"amount_minor": 1000, "currency": "EUR"}
    steps = [("CREATED", 7_199.97, "api"), ("PROCESSING", 7_199.98, "dispatch")]
    run.book("late", steps, payment_id="pay_late", **money)
    run.attempt("pay_late", seconds=7_199.97, state="SENT")
    run.psp_payment("pay_late", "late", seconds=7_199.99, **money)

    assert run.verdict().validity is Validity.VALID


def test_money_that_moved_a_moment_ago_is_no_orphan(run):
    run.click("late", seconds=7_199, took_s=None)
    run.psp_payment("pay_late", "late", seconds=7_199.9, amount_minor=1000, currency="EUR")

    assert run.accused() == set()


def test_money_unknown_to_a_service_whose_run_was_cut_short_proves_nothing(run, clock):
    run.click("late", seconds=590, took_s=None)
    run.psp_payment("pay_late", "late", seconds=591, amount_minor=1000, currency="EUR")
    run.manifest["ended_at_us"] = clock(700)

    assert run.verdict().validity is Validity.UNKNOWN


def test_an_unknown_outcome_that_turned_out_well_is_no_lie(run):
    run.click("a", seconds=9, took_s=None)
    run.click("a", seconds=9.5, took_s=None, outcome="unknown")

    assert run.accused() == set()


def test_an_unknown_outcome_of_which_nobody_ever_heard_is_nobodys_fault(run):
    run.click("gone", seconds=15, took_s=None)

    assert run.accused() == set()


def test_an_order_may_be_paid_again_after_a_payment_without_money_has_failed(run):
    run.declined("again", seconds=100, payment_id="pay_again_first")
    run.paid("again", seconds=200)
    run.diary[-2]["key"] = "key-again-second"

    assert run.accused() == set()


@pytest.mark.parametrize("names_payment", [True, False], ids=["metadata names the payment", "metadata names the order"])
def test_the_second_payments_money_does_not_make_the_first_ones_failure_a_lie(run, names_payment):
    run.declined("again", seconds=100, payment_id="pay_again_first")
    run.paid("again", seconds=200)
    run.diary[-2]["key"] = "key-again-second"
    if not names_payment:
        for payment in run.psp["payments"]:
            payment["metadata"].pop("payment_id")

    assert run.accused() == set()


def test_two_tabs_of_which_one_is_refused_pay_once(run):
    problem = {"type": "/problems/order-already-being-paid", "payment_id": "pay_a"}
    refused = {"outcome": "failed", "http_status": 409, "payment_id": "pay_a", "answer": problem}
    run.click("a", seconds=10.05, key="key-a-right", **refused)
    run.click("a", seconds=12, key="key-a-right", replayed=True, **refused)

    assert run.accused() == set()


def test_a_click_that_is_refused_while_another_is_in_flight_denies_nothing(run):
    first = next(row for row in run.diary if row["action"] == "create" and row["order_id"] == "a")
    first |= {"outcome": "failed", "http_status": 409, "payment_id": None, "status_shown": None, "answer": None}

    assert run.accused() == set()


def test_equal_replays_are_fine(run):
    first = run.diary[0]
    for seconds in (10.5, 11.0):
        run.click("a", seconds=seconds, replayed=True, answer=first["answer"])

    assert run.accused() == set()


def test_a_key_may_serve_again_after_its_retention(run):
    run.manifest["plan"] = {"service": {"idempotency_retention_s": 60}}
    run.refunded("a", 300, seconds=100)
    run.refunded("a", 300, seconds=200)
    for row in run.diary:
        if row["action"] == "refund":
            row["key"] = "one-key-for-both"

    assert run.accused() == set()


def test_partial_refunds_add_up(run):
    run.refunded("a", 300, seconds=100)
    run.refunded("a", 200, seconds=200)

    assert run.accused() == set()


def test_success_shown_before_a_full_refund_is_no_lie(run):
    run.refunded("a", 1000, seconds=100)
    assert run.payment_row("pay_a")["state"] == "REFUNDED"

    assert run.accused() == set()


def test_a_read_that_races_with_a_refund_may_show_either(run):
    run.refunded("a", 1000, seconds=100)
    run.look("a", "SUCCESS", seconds=101.9, took_s=0.5, refunded_shown_minor=0)
    run.look("a", "REFUNDED", seconds=102.0, took_s=0.1)

    assert run.accused() == set()


def test_a_refund_that_the_psp_has_not_decided_may_be_pending_at_the_end(run):
    run.refunded("a", 400, seconds=100, state="PENDING", psp_status="pending")
    run.attempt("pay_a", seconds=100, state="SENT", refund_id="ref_a_1")

    assert run.accused() == set()


def test_a_refund_asked_for_just_before_the_end_may_be_pending(run):
    run.refunded("a", 400, seconds=7_198, state="PENDING")

    assert run.accused() == set()


def test_a_refund_that_the_bank_sent_back_was_told_truthfully_before(run, clock):
    run.refunded("a", 1000, seconds=100)
    _bank_sends_back(run, clock, seconds=500)

    assert run.accused() == set()


def test_a_payment_stays_refunded_when_the_bank_sends_the_refund_back(run, clock):
    run.refunded("a", 1000, seconds=100)
    _bank_sends_back(run, clock, seconds=500)
    run.look("a", "REFUNDED", seconds=6_000)

    assert run.accused() == set()


def test_a_payment_that_the_psp_has_not_decided_may_stay_processing(run):
    money = {"amount_minor": 1000, "currency": "EUR"}
    run.click("slow", seconds=50)
    run.book("slow", [("CREATED", 50, "api"), ("PROCESSING", 50.2, "dispatch")], payment_id="pay_slow", **money)
    run.psp_payment("pay_slow", "slow", seconds=51, status="pending", **money)
    run.look("slow", "PROCESSING", seconds=7_000)

    assert run.verdict().validity is Validity.VALID


def test_money_captured_late_gives_the_service_the_promised_time_to_hear_of_it(run, clock):
    money = {"amount_minor": 1000, "currency": "EUR"}
    run.click("slow", seconds=50)
    run.book("slow", [("CREATED", 50, "api"), ("PROCESSING", 50.2, "dispatch")], payment_id="pay_slow", **money)
    payment = run.psp_payment("pay_slow", "slow", seconds=6_000, **money)
    payment["created_at_us"] = clock(51)

    assert run.accused() == set()


def test_a_customer_who_gave_up_after_the_acknowledgement_accuses_nobody(run):
    run.paid("quitter", seconds=60)
    run.diary = [row for row in run.diary if not (row["order_id"] == "quitter" and row["action"] == "read")]

    assert run.accused() == set()


def test_late_money_that_the_service_has_put_on_record_is_no_orphan(run):
    payment = run.psp["payments"][3]
    payment |= {"status": "captured", "captured_minor": 1000}
    run.move("capture", payment["id"], 1000, "EUR", seconds=100)
    run.service["discrepancies"].append(
        {"id": "dis_1", "kind": "late-capture", "payment_id": "pay_d", "state": "open", "found_at_us": 1}
        | {"evidence": {"subject": payment["id"]}}
    )

    assert "I2" not in run.accused()


def test_a_refund_that_the_psp_refused_may_be_failed(run):
    run.refunded("a", 300, seconds=100, state="FAILED")
    run.psp["refunds"].pop()
    run.psp["movements"].pop()
    run.attempt("pay_a", seconds=100, refund_id="ref_a_1", state="FAILED")
    run.journal("request", seconds=100, idempotency_key="psp-key-ref_a_1", request_id="req_r", status=400)

    assert run.accused() == set()


def test_a_second_refund_that_the_service_has_put_on_record_is_no_disagreement(run):
    run.refunded("a", 300, seconds=100)
    run.psp_refund("unheard", "pi_pay_a", 200, "EUR", seconds=150)
    run.record("orphan-money", "re_unheard", seconds=160)

    assert run.accused() == set()


def test_a_refund_of_which_an_older_run_does_not_say_how_it_failed_is_given_the_benefit(run, clock):
    run.refunded("a", 300, seconds=7_100)
    refund = run.psp["refunds"][-1]
    refund |= {"status": "failed", "settled_at_us": clock(7_150), "succeeded_at_us": None}
    run.move("refund_failure", refund["payment"], 300, "EUR", seconds=7_150, refund=refund["id"])

    assert run.accused() == set()


def test_a_refused_card_of_which_an_older_run_does_not_say_when_is_not_late(run, clock):
    run.psp["payments"][3]["decided_at_us"] = None
    run.service["transitions"][-1]["at_us"] = clock(7_000)
    run.diary = [row for row in run.diary if row["order_id"] != "d" or row["action"] != "read"]

    assert run.accused() == set()


def test_an_event_that_nobody_can_explain_may_be_parked_for_ever(run):
    run.receive("evt_parked", seconds=50, state="parked", psp_object_id="pi_unknown")
    declared = {"detail": {"inserted": "evt_parked"}, "unsurvivable": "unexplained-event"}
    run.bite("unannounced", "unannounced", seconds=50, **declared)

    assert run.accused() == set()


def test_looks_that_overlap_may_overtake_each_other(run):
    run.look("c", "SUCCESS", seconds=329, took_s=1.5)
    run.look("c", "PROCESSING", seconds=329.5, took_s=1.5, captured_shown_minor=0)

    assert run.accused() == set()


def _bank_sends_back(run, clock, *, seconds):
    """The PSP fails a refund long after it succeeded; the service corrects its books and says so."""
    refund = run.psp["refunds"][-1]
    refund |= {"status": "failed", "settled_at_us": clock(seconds), "failed_at_us": clock(seconds)}
    run.move("refund_failure", refund["payment"], refund["amount_minor"], "EUR", seconds=seconds, refund=refund["id"])
    run.service["refunds"][-1] |= {"state": "FAILED", "settled_at_us": clock(seconds + 3)}
    run.payment_row("pay_a")["refunded_minor"] -= refund["amount_minor"]
