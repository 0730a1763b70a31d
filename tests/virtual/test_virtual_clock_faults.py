"""Clocks that are wrong and clocks that leap: that they bite, and what they look like from outside."""

from http import HTTPStatus

import pytest

from psp_chaos.faults.spec import FaultSpec
from reports.evidence import Evidence
from reports.records import FINAL_STATES
from scenarios.faults.clock import Jump, Skew
from scenarios.faults.process import Crash
from scenarios.faults.world_fault import WorldFault
from scenarios.spec import Scenario
from scenarios.virtual.clock import MachineClock
from scenarios.virtual.stage import Stage

SECOND_US = 1_000_000


def test_what_puts_a_clock_off_adds_up_and_is_taken_back_one_by_one(new_world):
    world = new_world()
    clock, now_us = MachineClock(world.clock), world.clock.now_us()

    clock.put_off("skew", by_us=5)
    clock.put_off("jump", by_us=-20)
    both = clock.now_us() - now_us
    clock.put_off("jump", by_us=-30)
    leapt = clock.now_us() - now_us
    clock.put_off("jump", by_us=0)
    skewed = clock.now_us() - now_us
    clock.put_off("skew", by_us=0)

    assert (both, leapt, skewed, clock.error_us) == (-15, -25, 5, 0)


def storm(stage: Stage, *faults: FaultSpec | WorldFault, seed: int = 1, **changes: object) -> Evidence:
    plan = {
        "name": "clock-faults",
        "story": "One kind of machine has a wrong clock for five minutes.",
        "customers": 20,
        "scripts": {"patient": 1},
        "declined_share": 0,
        "storm_s": 300,
        "calm_s": 120,
        "final_within_s": 60,
        "service_processes": 1,
        "workers": 1,
        "service": {"worker_idle_s": 5, "worker_period_s": 5},
        "faults": faults,
        **changes,
    }
    return stage.perform(Scenario.model_validate(plan), seed=seed).record().evidence


def errors_s(evidence: Evidence) -> list[tuple[float, float]]:
    """When each payment was really asked for, and how far off the service's stamp of it is."""
    asked_us = {entry.payment_id: entry.asked_at_us for entry in reversed(evidence.diary) if entry.action == "create"}
    began_us = evidence.manifest.started_at_us
    return sorted(
        ((asked_us[one.id] - began_us) / SECOND_US, (one.created_at_us - asked_us[one.id]) / SECOND_US)
        for one in evidence.service.payments or ()
        if one.created_at_us is not None and one.id in asked_us
    )


def statuses(evidence: Evidence) -> list[int | None]:
    return [line.status for line in evidence.psp.journal if line.kind == "webhook"]


def test_a_skewed_machine_stamps_everything_with_the_same_error_also_after_a_crash(stage):
    skew = Skew(id="x", process="service", by_s=(-20, -20))
    crash = Crash(id="y", process="service", every_s=(20, 40), down_s=(1, 1))

    evidence = storm(stage, skew, crash)

    assert len([bite for bite in evidence.faults if bite.kind == "crash"]) > 3
    assert [bite.told("by_s") for bite in evidence.faults if bite.kind == "skew"] == [-20.0]
    assert all(-20 < error_s < -19 for _, error_s in errors_s(evidence))
    assert len(errors_s(evidence)) > 15


def test_each_machine_is_off_by_an_amount_of_its_own_and_some_are_right(stage):
    fault = Skew(id="x", process="service", by_s=(-100, 100), probability=0.5)

    evidence = storm(stage, fault, service_processes=8, customers=1)

    errors = {bite.target: bite.told("by_s") for bite in evidence.faults}
    assert 1 < len(errors) < 8
    assert len(set(errors.values())) == len(errors)


def test_clocks_leap_forwards_and_back_and_are_right_when_the_window_ends(stage):
    fault = Jump(id="x", process="service", every_s=(20, 30), by_s=(-50, 50), window={"from_s": 50, "to_s": 200})

    evidence = storm(stage, fault, customers=60)

    leaps_s = [bite.told("by_s") for bite in evidence.faults]
    outside = [error_s for at_s, error_s in errors_s(evidence) if at_s < 50 or at_s > 200]
    inside = {round(error_s) for at_s, error_s in errors_s(evidence) if 80 < at_s < 199}
    assert min(leaps_s) < 0 < max(leaps_s)
    assert all(0 <= error_s < 1 for error_s in outside)
    assert len(inside) > 3
    assert all(min(abs(error_s - leap_s) for leap_s in leaps_s) <= 1 for error_s in inside)


def test_only_our_own_machines_are_wrong(stage):
    evidence = storm(stage, Skew(id="x", process="service", by_s=(200, 200)))

    sent_us = [entry.asked_at_us for entry in evidence.diary if entry.action == "create"]
    created_us = sorted(payment.created_at_us for payment in evidence.psp.payments)
    assert all(0 < one - asked < SECOND_US for one, asked in zip(created_us, sorted(sent_us), strict=True))


@pytest.mark.parametrize(("by_s", "is_accepted"), [(-290, True), (290, True), (-310, False), (310, False)])
def test_a_webhook_is_as_stale_as_the_clock_of_its_reader_says(by_s, is_accepted, stage):
    evidence = storm(stage, Skew(id="x", process="service", by_s=(by_s, by_s)), storm_s=60, customers=8)

    during = [
        line.status
        for line in evidence.psp.journal
        if line.kind == "webhook" and line.at_us < evidence.manifest.storm_ended_at_us
    ]
    assert set(during) == {HTTPStatus.OK if is_accepted else HTTPStatus.BAD_REQUEST}


def test_payments_come_to_rest_by_asking_where_no_webhook_is_believed(stage):
    skew = Skew(id="x", process="service", by_s=(-400, -400))

    evidence = storm(stage, skew, psp_asynchronous_share=1, psp_asynchronous_s=(5, 10), customers=8)

    steps = [step.source for step in evidence.service.transitions or () if step.to_state == "SUCCESS"]
    assert {payment.state for payment in evidence.service.payments or ()} <= FINAL_STATES
    assert "worker" in steps


def test_leases_that_one_clock_wrote_and_another_reads_let_two_work_and_move_the_money_once(stage):
    ahead = Skew(id="x", process="worker", by_s=(50, 50))  # a lease of 30 s has ended before it began
    silence = FaultSpec(id="y", where="webhook", kind="lost")

    evidence = storm(stage, ahead, silence, psp_latency_s=(2, 9))

    keys = [line.idempotency_key for line in evidence.psp.journal if line.operation == "create_payment"]
    captures = [movement.payment for movement in evidence.psp.movements if movement.kind == "capture"]
    assert len(keys) > len(set(keys))
    assert len(captures) == len(set(captures)) == 20


def test_they_repeat_with_the_seed(stage):
    faults = (
        Skew(id="a", process="service", by_s=(-30, 30)),
        Jump(id="b", process="worker", every_s=(1, 60), by_s=(-30, 30)),
    )

    runs = [storm(stage, *faults, seed=seed, service_processes=2).manifest for seed in (3, 3, 4)]

    assert (runs[0].digest, runs[0].timeline) == (runs[1].digest, runs[1].timeline)
    assert runs[2].digest != runs[0].digest
