"""What the judge makes of cancels: a word like any other, and a promise once it was accepted."""

import pytest

WAITING = "action_required"


@pytest.fixture
def canceled(run):
    """A run in which one more customer was told that the payment was canceled, with the PSP's payment."""
    run.declined("x", seconds=100)
    row = run.payment_row("pay_x")
    row |= {"failure_reason": "canceled", "cancel_requested_at_us": row["created_at_us"] + 1}
    run.ask("cancel", "x", seconds=101, key="key-x/cancel-1", payment_id="pay_x", status_shown="PROCESSING")
    (at_psp,) = [one for one in run.psp["payments"] if one["id"] == "pi_pay_x"]
    at_psp["status"] = "canceled"
    return run, at_psp


def capture(run, at_psp):
    at_psp |= {"status": "captured", "captured_minor": 1000, "captured_at_us": at_psp["created_at_us"] + 50_000_000}
    run.move("capture", "pi_pay_x", 1000, "EUR", seconds=151)


def test_a_canceled_payment_is_right(canceled):
    run, _ = canceled

    assert run.accused() == set()


def test_money_that_was_taken_afterwards_and_given_back_is_right(canceled):
    run, at_psp = canceled
    capture(run, at_psp)
    at_psp["refunded_minor"] = 1000
    run.psp_refund("repair", "pi_pay_x", 1000, "EUR", seconds=200, metadata={"repair_of": "pi_pay_x"})
    run.record("late-capture", "pi_pay_x", seconds=160, state="repaired")

    assert run.accused() == set()


def test_money_that_was_kept_is_found_whoever_knows_of_it(canceled):
    run, at_psp = canceled
    capture(run, at_psp)
    run.record("late-capture", "pi_pay_x", seconds=160)

    assert run.accused() == {"I4"}


def test_a_final_word_in_the_answer_to_a_cancel_counts(run):
    run.paid("x", seconds=100)
    run.ask("cancel", "x", seconds=101, key="key-x/cancel-1", payment_id="pay_x", status_shown="FAILED")

    assert run.accused() == {"I4"}


def wait_for_the_customer(run):
    run.click("w", seconds=100)
    steps = [("CREATED", 100, "api"), ("PROCESSING", 100.2, "dispatch")]
    run.book("w", steps, payment_id="pay_w", amount_minor=1000, currency="EUR")
    run.psp_payment("pay_w", "w", seconds=101, amount_minor=1000, currency="EUR", status=WAITING)


def test_what_waits_for_its_customer_is_nobodys_fault(run):
    wait_for_the_customer(run)

    assert run.accused() == set()


@pytest.mark.parametrize(
    ("answer", "expected"),
    [({}, {"I8"}), ({"outcome": "failed", "http_status": 409}, set()), ({"took_s": None}, set())],
    ids=["accepted", "refused", "unanswered"],
)
def test_a_cancel_that_was_accepted_and_never_reached_the_psp_is_found(run, answer, expected):
    wait_for_the_customer(run)
    run.ask("cancel", "w", seconds=101, key="key-w/cancel-1", payment_id="pay_w", **answer)

    assert run.accused() == expected


def test_what_is_at_the_bank_does_not_let_itself_be_canceled(run):
    wait_for_the_customer(run)
    run.psp["payments"][-1]["status"] = "pending"
    run.ask("cancel", "w", seconds=101, key="key-w/cancel-1", payment_id="pay_w")

    assert run.accused() == set()


def test_a_replay_of_a_cancel_that_differs_from_its_first_answer_is_found(canceled):
    run, _ = canceled
    for shown in ("PROCESSING", "FAILED"):
        answer = {"id": "pay_x", "object": "payment", "status": shown}
        replay = {"replayed": True, "status_shown": shown, "answer": answer}
        run.ask("cancel", "x", seconds=102, key="key-x/cancel-1", payment_id="pay_x", **replay)

    assert run.accused() == {"I6"}


def test_a_cancel_that_was_acknowledged_and_is_in_no_book_is_found(canceled):
    run, _ = canceled
    run.ask("cancel", "a", seconds=60, key="key-a/cancel-1", payment_id="pay_a", status_shown="SUCCESS")

    assert run.accused() == {"I11"}


def test_a_service_that_keeps_no_record_of_cancels_is_judged_by_what_they_do(canceled):
    run, _ = canceled
    run.payment_row("pay_x").pop("cancel_requested_at_us")

    assert run.accused() == set()
