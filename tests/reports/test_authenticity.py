"""I10: nothing follows from a webhook that lied; whoever refuses it, or sets it aside, is not accused."""

import pytest

from reports import load_run


def finding(run):
    return next(check.finding for check in run.verdict().checks if check.id == "I10")


def result(run):
    return next(check for check in run.verdict().checks if check.id == "I10")


def forge(run, *, status, psp_object="pi_pay_d", seconds=43):
    """Somebody else claims that a declined payment has succeeded."""
    lies = ("secret", "claim", "invented")
    run.deliver("evt_forged", psp_object, seconds=seconds, lies=lies, status=status)


# -- broken


def test_a_forged_event_that_was_acknowledged_is_found(run):
    forge(run, status=200)

    assert run.accused() == {"I10"}
    assert "untrue: secret, claim, invented) was acknowledged with status 200" in finding(run).worst.what
    assert finding(run).worst.payment_id == "pay_d"
    assert finding(run).story


def test_a_stale_event_that_was_acknowledged_is_found(run, clock):
    run.deliver("evt_a", "pi_pay_a", seconds=50, lies=["stale"], signed_at_us=clock(50 - 301))

    assert run.accused() == {"I10"}


@pytest.mark.parametrize("lie", ["account", "mode", "amount", "claim", "invented"])
def test_an_event_that_is_not_to_be_believed_and_counts_as_applied_is_found(run, lie):
    run.deliver("evt_odd", "pi_pay_a", seconds=50, lies=[lie])
    run.receive("evt_odd", seconds=50, psp_object_id="pi_pay_a")

    assert run.accused() == {"I10"}
    assert "counts as applied" in finding(run).worst.what


def test_a_forged_event_that_counts_as_applied_is_found_though_its_sender_was_told_nothing(run):
    forge(run, status=None)
    run.receive("evt_forged", seconds=43, psp_object_id="pi_pay_d")

    assert run.accused() == {"I10"}


def test_a_step_that_only_a_lie_can_have_caused_is_found(run):
    run.click("e", seconds=50)
    steps = [("CREATED", 50, "api"), ("PROCESSING", 50.2, "dispatch"), ("SUCCESS", 53, "webhook")]
    run.book("e", steps, payment_id="pay_e", amount_minor=1000, currency="EUR")
    run.psp_payment("pay_e", "e", seconds=60, amount_minor=1000, currency="EUR")
    run.deliver("evt_e", "pi_pay_e", seconds=53, lies=["account", "claim"])

    assert run.accused() == {"I10"}
    assert "made the payment SUCCESS" in finding(run).worst.what


def test_an_attempt_that_a_false_claim_made_succeed_is_found(run):
    run.refunded("a", 300, seconds=100, psp_status="pending")
    run.attempt("pay_a", seconds=100, refund_id="ref_a_1")
    run.service["attempts"][-1]["psp_id"] = "re_ref_a_1"
    run.deliver("evt_r", "re_ref_a_1", seconds=102, lies=["mode", "claim"])

    assert {"I4", "I7", "I10"} == run.accused()
    assert "made a refund succeed" in finding(run).worst.what


def test_books_that_hold_the_amount_of_a_lie_are_found(run):
    run.deliver("evt_a", "pi_pay_a", seconds=12, lies=["amount"])
    run.payment_row("pay_a")["captured_minor"] = 900

    assert "I10" in run.accused()
    assert "made the books hold EUR\u00a09.00" in finding(run).worst.what


def test_a_run_that_does_not_say_what_lied_is_not_acquitted(run):
    run.bite("forged", "forged", seconds=50)
    evidence_format(run, 1)

    verdict = result(run)

    assert verdict.validity == "unknown"
    assert "record it again" in verdict.notes[0]


# -- innocent


def test_a_run_in_which_nobody_lied_says_that_nothing_was_tested(run):
    assert result(run).examined == 0
    assert result(run).saw_nothing


def test_whoever_refuses_a_forged_event_is_sound(run):
    forge(run, status=400)

    assert run.accused() == set()
    assert result(run).examined == 1


def test_a_forged_event_of_which_nobody_knows_how_it_was_answered_proves_nothing(run):
    forge(run, status=None)

    assert run.accused() == set()


def test_a_service_that_failed_over_a_forged_event_has_not_taken_it(run):
    forge(run, status=503)

    assert run.accused() == set()


def test_an_event_that_came_truthfully_as_well_may_be_applied(run, clock):
    run.deliver("evt_e", "pi_pay_e", seconds=53, lies=["secret"], status=400)
    run.paid("e", seconds=50)

    assert run.accused() == set()


@pytest.mark.parametrize("state", ["rejected", "ignored", "parked"])
def test_what_is_authentic_and_not_to_be_believed_may_be_acknowledged_and_set_aside(run, state):
    run.deliver("evt_odd", "pi_pay_a", seconds=6_000, lies=["account", "claim"])
    run.receive("evt_odd", seconds=6_000, psp_object_id="pi_pay_a", state=state)

    assert run.accused() == set()


def test_an_old_signature_is_fresh_to_a_clock_that_is_slow(run, clock):
    run.deliver("evt_a", "pi_pay_a", seconds=50, lies=["stale"], signed_at_us=clock(50 - 320))
    run.bite("skew", "skew", seconds=1, where="clock", detail={"by_s": -60.0})

    assert run.accused() == set()


def test_a_signature_within_the_tolerance_that_was_set_is_no_lie(run, clock):
    run.manifest["plan"] = {"service": {"webhook_tolerance_s": 3_600}}
    run.deliver("evt_a", "pi_pay_a", seconds=50, lies=["stale"], signed_at_us=clock(50 - 3_000))

    assert run.accused() == set()


def test_a_step_that_a_webhook_caused_may_be_stamped_by_a_clock_that_is_fast_or_slow(run):
    run.click("e", seconds=50)
    steps = [("CREATED", 50, "api"), ("PROCESSING", 50.2, "dispatch"), ("SUCCESS", 51, "webhook")]
    run.book("e", steps, payment_id="pay_e", amount_minor=1000, currency="EUR")
    run.psp_payment("pay_e", "e", seconds=52, amount_minor=1000, currency="EUR")
    run.deliver("evt_odd", "pi_pay_e", seconds=50.5, lies=["mode"], status=200)
    run.deliver("evt_e", "pi_pay_e", seconds=60)
    run.bite("skew", "skew", seconds=1, where="clock", detail={"by_s": -30.0})

    assert run.accused() == set()


def test_a_step_of_the_worker_needs_no_webhook(run):
    run.deliver("evt_c", "pi_pay_c", seconds=33, lies=["secret"], status=400)

    assert run.accused() == set()  # pay_c was healed by the worker, and its webhook was lost


def test_a_late_capture_after_a_truthful_failure_is_no_consequence_of_a_lie(run, clock):
    payment = next(payment for payment in run.psp["payments"] if payment["id"] == "pi_pay_d")
    payment |= {"status": "captured", "captured_minor": 1000, "captured_at_us": clock(100)}
    run.move("capture", "pi_pay_d", 1000, "EUR", seconds=100)
    run.deliver("evt_odd", "pi_pay_d", seconds=43, lies=["account"], status=200)

    assert "I10" not in run.accused()


def test_news_of_a_repair_that_names_another_amount_only_makes_somebody_look(run, clock):
    run.psp_payment("pay_a", "a", seconds=12, amount_minor=1000, currency="EUR", psp_id="pi_again")
    run.psp_refund("", "pi_again", 1000, "EUR", seconds=25, id="re_1", metadata={"repair_of": "pi_again"})
    run.deliver("evt_r", "re_1", seconds=26, lies=["amount"])
    run.receive("evt_r", seconds=26, psp_object_id="re_1")

    assert "I10" not in run.accused()


def evidence_format(run, number):
    """Have the run recorded in an older format."""
    original = run.evidence

    def older():
        original()
        manifest = run.folder / "manifest.json"
        manifest.write_text(manifest.read_text().replace('"format": 2', f'"format": {number}'))
        return load_run(run.folder)

    run.evidence = older
