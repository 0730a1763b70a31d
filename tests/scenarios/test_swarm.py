"""A swarm: each seed's faults, rates and delays are its own, lawful, repeatable, printable and settable."""

import json
import os
import subprocess
import sys
from statistics import median

import pytest

from psp_chaos.faults.spec import FaultSpec
from reports import load_run
from scenarios.cli.main import run_command
from scenarios.cli.options import parse_changes
from scenarios.errors import BadInput
from scenarios.faults.clock import Jump
from scenarios.faults.process import Crash
from scenarios.library import LIBRARY
from scenarios.spec import Scenario
from scenarios.swarm import draw_swarm

SEEDS = range(1, 201)

PLAN = Scenario(
    name="plan",
    story="One fault of each shape.",
    scripts={"patient": 1, "refunder": 2},
    storm_s=600,
    calm_s=3_600,
    final_within_s=1_800,
    faults=(
        FaultSpec(id="lost", where="webhook", kind="lost", probability=0.2),
        FaultSpec(id="third", where="reply", kind="drop-after", nth=(3,)),
        FaultSpec(id="slow", where="reply", kind="slow", probability=0.3, parameters={"delay_s": [0.1, 10]}),
        FaultSpec(id="calm", where="webhook", kind="lost", probability=0.5, window={"from_s": 700, "to_s": 900}),
        Crash(id="crash", process="worker", every_s=(10, 100), down_s=(0, 30)),
        Jump(id="jump", process="service", every_s=(60, 60), by_s=(-30, 30)),
    ),
)


def drawn(scenario, seed, **options):
    return scenario.with_changes(draw_swarm(scenario, seed, **options).changes)


@pytest.mark.parametrize("scenario", LIBRARY.values(), ids=LIBRARY)
def test_whatever_is_drawn_is_lawful_and_leaves_the_psp_time_to_answer(scenario):
    plans = [drawn(scenario, seed) for seed in range(1, 31)]

    assert max(plan.psp_latency_s[1] + 2 * plan.psp_link_latency_s[1] for plan in plans) <= 6
    assert {plan.storm_s for plan in plans} == {scenario.storm_s}
    assert len({plan.model_dump_json() for plan in plans}) == len(plans)


def test_each_fault_is_left_out_by_some_seeds_and_a_few_have_them_all():
    kept = [{fault.id for fault in drawn(PLAN, seed).faults_left} for seed in SEEDS]

    for fault in PLAN.faults:
        assert 60 < sum(fault.id in ids for ids in kept) < 160
    assert 40 < sum(len(ids) == len(PLAN.faults) for ids in kept) < 120
    assert any(not ids for ids in kept)


def test_rates_and_delays_lie_orders_of_magnitude_apart():
    plans = [drawn(PLAN, seed) for seed in SEEDS]

    for read in (
        lambda plan: plan.faults[0].probability,
        lambda plan: plan.faults[4].every_s[1],
        lambda plan: plan.faults[5].by_s[1],
        lambda plan: plan.database_latency_s[1],
        lambda plan: plan.psp_link_latency_s[1],
        lambda plan: plan.psp_latency_s[1],
        lambda plan: plan.customer_latency_s[1],
        lambda plan: plan.scripts["patient"],
    ):
        values = [read(plan) for plan in plans]
        assert max(values) > 20 * min(values)


def test_lengths_stay_within_what_the_scenario_allows_and_what_has_no_rate_keeps_it():
    plans = [drawn(PLAN, seed) for seed in SEEDS]

    assert {tuple(plan.faults[2].parameters["delay_s"]) for plan in plans} == {(0.1, 10), (0.1, 1), (1, 10)}
    assert {plan.faults[4].down_s for plan in plans} == {(0, 30), (0, 0.949), (0.949, 30)}
    assert {plan.faults[5].by_s for plan in plans} == {(-30, 30), (-3, 3), (-0.3, 0.3)}
    assert all(plan.faults[1] == PLAN.faults[1] for plan in plans)


def test_a_fault_that_lasts_into_the_calm_is_never_made_worse():
    probabilities = [drawn(PLAN, seed).faults[3].probability for seed in SEEDS]

    assert max(probabilities) <= 0.5
    assert min(probabilities) < 0.1


def test_a_heavy_load_is_spared_long_delays():
    heavy = PLAN.with_changes({"customers": "20000"})

    assert max(drawn(PLAN, seed).database_latency_s[1] for seed in SEEDS) == 0.1
    assert max(drawn(heavy, seed).database_latency_s[1] for seed in SEEDS) == 0.001


def test_what_somebody_has_set_stays_and_its_fault_exists():
    by_hand = {"faults.lost.probability": "0.77", "scripts": '{"patient": 5}', "database_latency_s": "[0, 0]"}
    scenario = PLAN.with_changes(by_hand)

    plans = [drawn(scenario, seed, fixed=by_hand) for seed in SEEDS]

    assert {plan.faults[0].probability for plan in plans} == {0.77}
    assert all("lost" not in plan.without for plan in plans)
    assert {tuple(plan.scripts.items()) for plan in plans} == {(("patient", 5.0),)}
    assert {plan.database_latency_s for plan in plans} == {(0, 0)}


def test_a_draw_is_a_list_of_settings():
    swarm = draw_swarm(PLAN, 4)

    texts = [f"{key}={value}" for key, value in swarm.changes.items()]

    assert PLAN.with_changes(parse_changes(texts)) == PLAN.with_changes(swarm.changes)
    assert {key: json.loads(value) for key, value in swarm.changes.items()} == swarm.values


DRAW_OF_SEED_4 = {
    "faults.lost.probability": 0.0537,
    "faults.slow.probability": 0.4,
    "faults.slow.parameters.delay_s": [0.1, 1],
    "faults.calm.probability": 0.332,
    "faults.crash.every_s": [95.7, 957],
    "faults.crash.down_s": [0.0, 0.949],
    "faults.jump.every_s": [392, 392],
    "psp_asynchronous_s": [0.01, 1],
    "psp_asynchronous_share": 1,
    "scripts.patient": 4.08,
    "scripts.refunder": 1.28,
    "declined_share": 0.3,
    "crowds": 10,
}


@pytest.mark.slow
def test_a_draw_is_the_same_in_every_process_and_version():
    program = (
        f"import json, runpy; module = runpy.run_path({__file__!r}); "
        "print(json.dumps(dict(module['draw_swarm'](module['PLAN'], 4).values)))"
    )

    there = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONHASHSEED": "1"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert draw_swarm(PLAN, 4).values == json.loads(there.stdout) == DRAW_OF_SEED_4


def test_only_what_exists_can_be_left_out():
    assert [fault.id for fault in PLAN.with_changes({"without": '["lost", "crash"]'}).psp_faults] == [
        "third",
        "slow",
        "calm",
    ]
    with pytest.raises(BadInput, match="no fault loss; choose from lost, third"):
        PLAN.with_changes({"without": '["loss"]'})


def quiet(**changes):
    """Nothing goes wrong."""
    return PLAN.with_changes({"faults": "[]", "customers": "6", "scripts": '{"patient": 1}', **changes})


def test_crowds_come_at_one_moment_each(stage):
    diary = stage.perform(quiet(crowds="2"), seed=1).diary

    assert len([row for row in diary if row["action"] == "create"]) == 6
    assert len({row["asked_at_us"] for row in diary if row["action"] == "create"}) == 2


def test_a_slow_database_lets_customers_wait(stage):
    def wait_us(scenario):
        diary = stage.perform(scenario, seed=1).diary
        return median(row["answered_at_us"] - row["asked_at_us"] for row in diary if row["action"] == "create")

    assert wait_us(quiet(database_latency_s="[0.05, 0.1]")) > 300_000 + wait_us(quiet())


def test_a_fault_that_is_left_out_does_not_bite(stage):
    scenario = LIBRARY["lost-webhooks"].with_changes({"customers": "6", "storm_s": "60", "calm_s": "7200"})

    def bitten(**changes):
        return {bite["fault"] for bite in stage.perform(scenario.with_changes(changes), seed=1).faults}

    assert "webhook-lost" in bitten()
    assert "webhook-lost" not in bitten(without='["webhook-lost"]')


def test_the_command_prints_and_stores_the_draw(postgres, tmp_path, capsys):
    options = ["--seed", "7", "--customers", "3", "--set", "storm_s=60"]

    run_command(
        ["run", "duplicate-clicks", "--swarm", *options, "--out", str(tmp_path), "--database-url", postgres.url()]
    )

    printed, changes = capsys.readouterr(), {"storm_s": "60", "customers": "3"}
    swarm = draw_swarm(LIBRARY["duplicate-clicks"].with_changes(changes), 7, fixed=changes)
    manifest = load_run(tmp_path).manifest
    assert printed.err.splitlines() == [f"swarm   {key}={value}" for key, value in swarm.changes.items()]
    assert printed.out.splitlines()[-1].endswith("--seed 7 --customers 3 --swarm --set storm_s=60")
    assert manifest.swarm == swarm.values
    assert manifest.plan["psp_latency_s"] == swarm.values["psp_latency_s"]
