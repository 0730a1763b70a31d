"""I9: each effect happens once for what caused it; whoever is told twice, or tries again, is not accused."""

import pytest


def finding(run):
    return next(check.finding for check in run.verdict().checks if check.id == "I9")


def examined(run):
    return next(check.examined for check in run.verdict().checks if check.id == "I9")


def test_every_step_capture_refund_event_and_record_is_looked_at(run):
    before = examined(run)
    run.refunded("a", 300, seconds=100)
    run.receive("evt_more", seconds=103, psp_object_id="re_ref_a_1")
    run.record("line-wrong", "mov_0", seconds=200)

    # 4 payments with 3 steps each, 3 captures, 2 events; then one of each kind more.
    assert before == 4 * 3 + 3 + 2
    assert examined(run) == before + 3


# -- broken


def test_a_step_that_was_taken_twice_is_found(run):
    run.step("pay_a", 4, "PROCESSING", "SUCCESS", seconds=14)

    assert "I9" in run.accused()
    assert finding(run).worst.what == "the payment became SUCCESS 2 times"
    assert finding(run).worst.payment_id == "pay_a"


def test_a_capture_that_was_booked_twice_is_found(run):
    run.payment_row("pay_a")["captured_minor"] = 2000

    assert "I9" in run.accused()
    assert "EUR\u00a020.00 was booked for a capture of EUR\u00a010.00" in finding(run).worst.what


def test_a_capture_that_was_booked_though_nothing_succeeded_is_found(run):
    run.payment_row("pay_d")["captured_minor"] = 1000

    assert "I9" in run.accused()


@pytest.mark.parametrize("booked_minor", [600, 0], ids=["twice", "never"])
def test_a_refund_that_was_booked_twice_or_never_is_found(run, booked_minor):
    run.refunded("a", 300, seconds=100)
    run.payment_row("pay_a")["refunded_minor"] = booked_minor

    assert "I9" in run.accused()
    assert finding(run).worst.amount_minor == 300


def test_a_payment_that_was_captured_twice_is_found(run):
    run.psp_payment("pay_a", "a", seconds=12, amount_minor=1000, currency="EUR", psp_id="pi_again")

    assert "I9" in run.accused()
    assert finding(run).worst.what == "the payment was captured 2 times"


def test_a_refund_that_was_carried_out_twice_is_found(run):
    run.refunded("a", 300, seconds=100)
    run.psp_refund("ref_a_1", "pi_pay_a", 300, "EUR", seconds=150, id="re_again")

    assert finding(run).worst.what == "money went back 2 times for refund ref_a_1"


def test_a_repair_that_was_carried_out_twice_is_found(run):
    for number in (1, 2):
        repair = {"id": f"re_{number}", "metadata": {"repair_of": "pi_pay_b"}}
        run.psp_refund("", "pi_pay_b", 100, "JPY", seconds=100 + number, **repair)

    assert finding(run).worst.what == "money went back 2 times for repair of pi_pay_b"


def test_an_event_that_was_applied_twice_is_found(run):
    run.receive("evt_a", seconds=14, psp_object_id="pi_pay_a")

    assert run.accused() == {"I9"}
    assert finding(run).worst.payment_id == "pay_a"


def test_a_discrepancy_that_was_put_on_record_twice_is_found(run):
    for seconds in (100, 101):
        run.record("line-wrong", "mov_0", seconds=seconds)

    assert "I9" in run.accused()


# -- innocent


def test_one_change_that_two_events_tell_of_is_no_second_effect(run):
    run.receive("evt_twin", seconds=14, psp_object_id="pi_pay_a")

    assert run.accused() == set()


def test_an_event_that_came_again_and_was_ignored_is_no_second_effect(run):
    run.receive("evt_b", seconds=30, psp_object_id="pi_pay_b", state="ignored")

    assert run.accused() == set()


def test_two_refunds_of_one_amount_are_two(run):
    run.refunded("a", 300, seconds=100)
    run.refunded("a", 300, seconds=200)

    assert run.accused() == set()


def test_a_refund_that_failed_may_be_made_again(run, clock):
    run.refunded("a", 300, seconds=100)
    failed = {"status": "failed", "succeeded_at_us": None, "failed_at_us": clock(90), "settled_at_us": clock(90)}
    run.psp_refund("ref_a_1", "pi_pay_a", 300, "EUR", seconds=80, id="re_before", **failed)
    run.move("refund_failure", "pi_pay_a", 300, "EUR", seconds=90, refund="re_before")

    assert run.accused() == set()


def test_a_repair_whose_refund_failed_may_be_made_again(run, clock):
    run.psp_payment("pay_a", "a", seconds=12, amount_minor=1000, currency="EUR", psp_id="pi_again")
    _forgot_the_key(run, "pi_again", seconds=12)
    run.record("double-capture", "pi_again", seconds=20, state="repaired")
    failed = {"status": "failed", "succeeded_at_us": clock(30), "failed_at_us": clock(40), "settled_at_us": clock(40)}
    for name, ending in (("re_1", failed), ("re_2", {})):
        repair = {"id": name, "metadata": {"repair_of": "pi_again"}}
        run.psp_refund("", "pi_again", 1000, "EUR", seconds=30, **repair, **ending)
    run.move("refund_failure", "pi_again", 1000, "EUR", seconds=40, refund="re_1")

    assert run.accused() == set()


def test_a_refund_that_the_bank_sent_back_leaves_the_books_as_they_were(run, clock):
    run.refunded("a", 1000, seconds=100)
    refund = run.psp["refunds"][-1]
    refund |= {"status": "failed", "settled_at_us": clock(500), "failed_at_us": clock(500)}
    run.move("refund_failure", refund["payment"], 1000, "EUR", seconds=500, refund=refund["id"])
    run.service["refunds"][-1] |= {"state": "FAILED", "settled_at_us": clock(503)}
    run.payment_row("pay_a")["refunded_minor"] = 0

    assert run.accused() == set()


def test_two_tabs_with_two_payments_of_which_one_failed_are_two_causes(run):
    run.declined("again", seconds=100, payment_id="pay_again_first")
    run.paid("again", seconds=200)
    run.diary[-2]["key"] = "key-again-second"

    assert run.accused() == set()


def test_what_the_psp_did_again_because_it_forgot_a_key_is_nobodys_fault(run):
    run.psp_payment("pay_a", "a", seconds=12, amount_minor=1000, currency="EUR", psp_id="pi_again")
    _forgot_the_key(run, "pi_again", seconds=12)
    run.record("double-capture", "pi_again", seconds=20, state="repaired")
    run.psp_refund("", "pi_again", 1000, "EUR", seconds=25, id="re_1", metadata={"repair_of": "pi_again"})

    assert run.accused() == set()


def test_money_that_a_forgotten_key_moved_has_to_be_known_all_the_same(run):
    run.psp_payment("pay_d", "d", seconds=45, amount_minor=1000, currency="EUR", psp_id="pi_again")
    _forgot_the_key(run, "pi_again", seconds=45)

    assert "I2" in run.accused()
    assert not {"I1", "I9"} & run.accused()


def test_a_refund_that_the_psp_made_again_is_no_disagreement(run):
    run.refunded("a", 100, seconds=55)
    run.psp_refund("again", "pi_pay_a", 100, "EUR", seconds=60)
    accused = run.accused()
    _forgot_the_key(run, "re_again", seconds=60)

    assert "I7" in accused
    assert "I7" not in run.accused()


def test_of_two_refunds_that_came_of_one_request_the_service_may_know_the_second_as_its_own(run):
    run.refunded("a", 100, seconds=60)
    run.psp_refund("first", "pi_pay_a", 100, "EUR", seconds=55)
    _forgot_the_key(run, "re_ref_a_1", seconds=60)
    run.record("double-refund", "re_first", seconds=70, state="needs_person")

    assert "I7" not in run.accused()


@pytest.mark.parametrize(
    ("status", "is_excused"), [(400, True), (402, True), (409, False), (429, False), (None, False)]
)
def test_a_refund_that_the_psp_denied_when_it_was_asked_for_again_may_be_believed_to_have_failed(
    run, status, is_excused
):
    run.refunded("a", 100, seconds=55, state="FAILED")
    run.service["refunds"][-1]["psp_refund_id"] = None
    asked = {"operation": "create_refund", "idempotency_key": "psp-key-refund"}
    run.journal("request", seconds=56, object="re_ref_a_1", status=None, request_id="req_first", **asked)
    run.journal("request", seconds=57, object=None, status=None, request_id="req_again", **asked)
    run.journal("request", seconds=58, object=None, status=status, request_id="req_replay", replayed=True, **asked)
    accused = run.accused()
    detail = {"request_id": "req_again"}
    run.bite("forgetful", "keys-ignored", seconds=57, where="reply", detail=detail, unsurvivable="repeated-effect")

    assert "I7" in accused
    assert ("I7" not in run.accused()) == is_excused


def test_a_refund_under_another_key_is_not_excused_by_a_denial(run):
    run.refunded("a", 100, seconds=55, state="FAILED")
    run.service["refunds"][-1]["psp_refund_id"] = None
    asked = {"operation": "create_refund", "status": 400, "object": None}
    run.journal("request", seconds=57, idempotency_key="another", request_id="req_again", **asked)
    detail = {"request_id": "req_again"}
    run.bite("forgetful", "keys-ignored", seconds=57, where="reply", detail=detail, unsurvivable="repeated-effect")

    assert "I7" in run.accused()


def test_a_key_that_was_repeated_longer_than_promised_excuses_nobody(run):
    run.manifest["plan"] = {"service": {"psp_key_retention_s": 60}}
    run.psp_payment("pay_a", "a", seconds=90, amount_minor=1000, currency="EUR", psp_id="pi_again")
    _forgot_the_key(run, "pi_again", seconds=90)

    assert {"I1", "I9"} <= run.accused()


def test_a_forgotten_key_excuses_only_what_came_of_it(run):
    for name in ("pi_again", "pi_third"):
        run.psp_payment("pay_a", "a", seconds=12, amount_minor=1000, currency="EUR", psp_id=name)
    _forgot_the_key(run, "pi_again", seconds=12)

    assert {"I1", "I9"} <= run.accused()


def _forgot_the_key(run, psp_object, *, seconds):
    """The PSP carries a repetition out again, and says so."""
    request = {"request_id": f"req_{psp_object}", "operation": "create_payment"}
    run.journal("request", seconds=seconds, object=psp_object, idempotency_key="psp-key-pay_a", status=200, **request)
    detail = {"request_id": f"req_{psp_object}", "key": "psp-key-pay_a"}
    run.bite("forgetful", "keys-ignored", seconds=seconds, where="reply", detail=detail, unsurvivable="repeated-effect")
