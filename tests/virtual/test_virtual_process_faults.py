"""Deaths in a row, pauses and restarts: that they bite, and what they look like from outside."""

import asyncio
import itertools

import asyncpg
import pytest

from psp_chaos.faults.spec import FaultSpec
from reports.evidence import Evidence
from reports.records import Outcome
from scenarios.faults.process import Crash, CrashAtStep, CrashLoop, Pause, Restart, RollingRestart
from scenarios.faults.world_fault import WorldFault
from scenarios.spec import Scenario
from scenarios.units import to_ns
from scenarios.virtual.stage import Stage

SECOND_US = 1_000_000


# --- one process -----------------------------------------------------------------------------------------------------


def test_a_paused_process_runs_nothing_and_then_everything_that_is_overdue_at_once(new_world):
    world, rang = new_world(), []

    async def program():
        loop = asyncio.get_running_loop()
        for at_s in (1, 2, 3, 20):
            loop.call_later(at_s, lambda at_s=at_s: rang.append((at_s, loop.time())))

    sleeper = world.process("sleeper/1")
    sleeper.spawn(program())
    world.loop.after(to_ns(1.5), sleeper.pause)
    world.loop.after(to_ns(10), sleeper.proceed)
    world.run(to_ns(30))

    assert rang == [(1, 1), (2, 10), (3, 10), (20, 20)]


def test_others_go_on_while_a_process_is_paused(new_world):
    world, beats = new_world(), []

    async def beat(name):
        while True:
            await asyncio.sleep(1)
            beats.append(name)

    paused = world.process("paused/1")
    paused.spawn(beat("paused"))
    world.process("other/1").spawn(beat("other"))
    world.loop.after(to_ns(2.5), paused.pause)
    world.run(to_ns(10.5))

    assert beats.count("paused") == 2
    assert beats.count("other") == 10


def test_what_becomes_ready_at_the_instant_of_continuing_comes_after_what_waited(new_world):
    world, seen = new_world(), []
    process = world.process("a")
    process.spawn(asyncio.sleep(0))
    world.run(to_ns(1))
    process.pause()
    world.loop.after(to_ns(1), lambda: world.loop.call_soon(seen.append, "waited", context=process.context))
    world.loop.after(to_ns(2), lambda: world.loop.call_soon(seen.append, "just came", context=process.context))
    world.loop.after(to_ns(2), process.proceed)

    world.run(to_ns(5))

    assert seen == ["waited", "just came"]


def test_a_process_that_is_killed_while_paused_never_continues(new_world):
    world, seen = new_world(), []

    async def program():
        try:
            await asyncio.sleep(2)
        finally:
            seen.append("finally")

    process = world.process("a")
    process.spawn(program())
    world.loop.after(to_ns(1), process.pause)
    world.loop.after(to_ns(3), process.crash)
    world.loop.after(to_ns(4), process.proceed)
    world.run(to_ns(10))

    assert seen == []


def test_a_request_to_a_paused_process_waits_in_its_socket(new_world):
    world = new_world()
    host = world.process("host/1")
    world.network.attach("host", host, answering)
    host.pause()
    world.loop.after(to_ns(60), host.proceed)

    answer = world.run(world.network.exchange(source="customer/1", target="host", method="GET", path="/", headers={}))

    assert answer.status == 200
    assert to_ns(60) < world.env.now < to_ns(60.2)


async def answering(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def test_a_paused_process_keeps_its_locks_and_hears_the_database_late(new_world, login):
    world, seen = new_world(), []

    async def holder():
        connection = await asyncpg.connect(**login)
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock(1)")
            await asyncio.sleep(5)
            await connection.execute("SELECT 1")
            seen.append(("holder", asyncio.get_running_loop().time()))
        await connection.close()

    async def waiter():
        connection = await asyncpg.connect(**login)
        await asyncio.sleep(2)
        await connection.execute("SELECT pg_advisory_lock(1)")
        seen.append(("waiter", asyncio.get_running_loop().time()))
        await connection.close()

    paused = world.process("holder/1")
    paused.spawn(holder())
    world.process("waiter/1").spawn(waiter())
    world.loop.after(to_ns(1), paused.pause)
    world.loop.after(to_ns(40), paused.proceed)
    world.run(to_ns(60))

    assert [name for name, _ in seen] == ["holder", "waiter"]
    assert all(40 < at_s < 40.1 for _, at_s in seen)


def test_whoever_watches_the_steps_of_a_process_may_end_it_before_any_of_them(new_world):
    world, seen = new_world(), []

    async def program():
        for number in range(10):
            seen.append(number)
            await asyncio.sleep(1)

    def watch(process):
        if len(seen) == 3:
            process.crash()

    process = world.process("a")
    process.at_step(watch)
    process.spawn(program())
    world.run(to_ns(20))

    assert seen == [0, 1, 2]


# --- a whole service -------------------------------------------------------------------------------------------------


def storm(stage: Stage, *faults: FaultSpec | WorldFault, seed: int = 1, **changes: object) -> Evidence:
    plan = {
        "name": "process-faults",
        "story": "One kind of process suffers for five minutes.",
        "customers": 12,
        "scripts": {"patient": 1},
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


def bites(evidence: Evidence, *, kind: str) -> list[tuple[float, str]]:
    began_us = evidence.manifest.started_at_us
    return [((bite.at_us - began_us) / SECOND_US, bite.target or "") for bite in evidence.faults if bite.kind == kind]


def errors(evidence: Evidence) -> set[str]:
    return {entry.error for entry in evidence.diary if entry.error is not None}


def test_a_crash_loop_kills_several_times_in_a_row_shortly_after_each_start(stage):
    fault = CrashLoop(id="x", process="service", every_s=(60, 60), deaths=(3, 3), up_s=(1, 1), down_s=(2, 2))

    evidence = storm(stage, fault)

    deaths_s = [round(at_s) for at_s, _ in bites(evidence, kind="crash-loop")]
    assert deaths_s == [60, 63, 66, 129, 132, 135, 198, 201, 204, 267, 270, 273]


def test_nobody_is_answered_while_the_only_service_process_is_paused(stage):
    fault = Pause(id="x", process="service", every_s=(40, 40), for_s=(60, 60))

    evidence = storm(stage, fault)

    pauses_s = [round(at_s) for at_s, _ in bites(evidence, kind="pause")]
    answered_s = [
        (entry.answered_at_us - evidence.manifest.started_at_us) / SECOND_US
        for entry in evidence.diary
        if entry.answered_at_us is not None and entry.outcome != Outcome.UNKNOWN
    ]
    assert pauses_s == [40, 140, 240]
    assert not [at_s for at_s in answered_s for pause_s in pauses_s if pause_s + 0.1 < at_s < pause_s + 60]
    assert any("timeout" in error for error in errors(evidence))
    assert not any("refuses" in error or "closed" in error for error in errors(evidence))


def test_a_pause_longer_than_the_lease_lets_two_work_at_one_attempt_and_moves_the_money_once(stage):
    pause = Pause(id="x", process="service", every_s=(1, 6), for_s=(50, 60))
    silence = FaultSpec(id="y", where="webhook", kind="lost")

    evidence = storm(stage, pause, silence, customers=30, psp_latency_s=(1, 8))

    keys = [entry.idempotency_key for entry in evidence.psp.journal if entry.operation == "create_payment"]
    captures = [movement.payment for movement in evidence.psp.movements if movement.kind == "capture"]
    assert len(keys) > len(set(keys))
    assert len(captures) == len(set(captures)) > 20


def test_a_graceful_restart_finishes_what_has_begun_and_refuses_what_comes(stage):
    """Whoever has time to end sends to the PSP what it has accepted; whoever has none leaves it to the worker."""
    restart = Restart(id="x", process="service", every_s=(5, 5), grace_s=(60, 60), down_s=(0, 0))
    silence = FaultSpec(id="y", where="webhook", kind="lost")
    ended, killed = (
        storm(stage, restart.model_copy(update={"grace_s": grace_s}), silence, customers=30, psp_latency_s=(4, 8))
        for grace_s in ((60, 60), (0, 0))
    )

    assert settled_by(ended).count("worker") == 0
    assert settled_by(killed).count("worker") > 3
    assert {error for error in errors(ended) if "refuses" not in error} == set()
    assert errors(ended)


def settled_by(evidence: Evidence) -> list[str | None]:
    return [step.source for step in evidence.service.transitions or () if step.to_state == "SUCCESS"]


def test_a_worker_that_is_told_to_end_cancels_its_work_and_is_gone_at_once(stage):
    fault = Restart(id="x", process="worker", every_s=(7, 7), grace_s=(60, 60), down_s=(1, 1))
    # The service leaves its work unfinished: the worker has much to do, and waits for the PSP most of the time.
    crash = Crash(id="y", process="service", every_s=(1, 4), down_s=(1, 1))

    evidence = storm(stage, fault, crash, psp_latency_s=(2, 8))

    gaps_s = [later - one for one, later in itertools.pairwise(at_s for at_s, _ in bites(evidence, kind="restart"))]
    assert len(gaps_s) > 30
    assert gaps_s == pytest.approx([8.0] * len(gaps_s), abs=0.11)


def test_a_rolling_restart_takes_one_process_after_the_other(stage):
    fault = RollingRestart(
        id="x", process="service", every_s=(60, 60), grace_s=(1, 1), down_s=(10, 10), settle_s=(5, 5)
    )

    evidence = storm(stage, fault, service_processes=3, storm_s=200)

    moments_s, targets = zip(*bites(evidence, kind="rolling-restart"), strict=True)
    assert targets == ("service/1", "service/2", "service/3") * 2
    assert all(later - one >= 15 for one, later in itertools.pairwise(moments_s))


def test_a_death_at_a_step_comes_once_and_names_its_victim(stage):
    evidence = storm(stage, CrashAtStep(id="x", step=500))

    (death,) = evidence.faults
    assert death.target in ("service/1", "worker/1")
    assert (death.told("down_s"), death.told("step")) == (1.0, 500)


def test_a_step_that_nobody_takes_kills_nobody(stage):
    assert storm(stage, CrashAtStep(id="x", step=10**9)).faults == ()


ALL = (
    Crash(id="a", process="service", every_s=(1, 30), down_s=(0, 30)),
    CrashLoop(id="b", process="service", every_s=(1, 60)),
    Pause(id="c", process="service", every_s=(1, 30), for_s=(1, 200)),
    Restart(id="d", process="service", every_s=(1, 30)),
    RollingRestart(id="e", process="service", every_s=(1, 60)),
    Pause(id="f", process="worker", every_s=(1, 30), for_s=(31, 200)),
    Restart(id="g", process="worker", every_s=(1, 30)),
)


def test_all_of_them_at_once_get_along_and_everything_is_whole_when_the_window_ends(stage):
    evidence = storm(stage, *ALL, service_processes=2, workers=2)

    ended_us = evidence.manifest.storm_ended_at_us
    late = [entry for entry in evidence.diary if entry.asked_at_us > ended_us]
    assert {bite.kind for bite in evidence.faults} == {fault.kind for fault in ALL}
    assert max(bite.at_us for bite in evidence.faults) <= ended_us
    assert late
    assert {entry.outcome for entry in late} == {Outcome.SUCCEEDED}


def test_they_repeat_with_the_seed(stage):
    runs = [storm(stage, *ALL, seed=seed, service_processes=2).manifest for seed in (3, 3, 4)]

    assert (runs[0].digest, runs[0].timeline) == (runs[1].digest, runs[1].timeline)
    assert runs[2].digest != runs[0].digest
