"""The standard run, and the command that has a run of a sweep again."""

import shlex

import pytest

from psp_chaos.faults.spec import FaultSpec
from reports.verdict import judge
from scenarios.campaign.standard import standard
from scenarios.cli.options import parse_changes
from scenarios.faults.clock import Jump
from scenarios.library import LIBRARY, find_scenario
from scenarios.run_command import run_command
from scenarios.spec import Scenario
from scenarios.swarm import NO_SWARM, draw_swarm

LONGEST_S = 60


def scenario_of(command: str) -> Scenario:
    """What `paystorm run` makes of its command line."""
    words = shlex.split(command)
    assert words[:2] == ["paystorm", "run"]
    changes, options = {}, iter(words[3:])
    for word in options:
        match word:
            case "--seed":
                seed = int(next(options))
            case "--set":
                changes |= parse_changes([next(options)])
            case "--customers" | "--defect":
                changes[word.removeprefix("--")] = next(options)
    scenario = find_scenario(words[2])
    scenario = (standard(scenario) if "--standard" in words else scenario).with_changes(changes)
    return scenario.with_changes(draw_swarm(scenario, seed, fixed=changes).changes) if "--swarm" in words else scenario


@pytest.mark.parametrize("scenario", LIBRARY.values(), ids=lambda scenario: scenario.name)
def test_no_fault_of_a_standard_run_keeps_anything_back_for_long(scenario):
    small = standard(scenario)

    for fault in small.faults:
        values = {**fault.model_dump(mode="json"), **getattr(fault, "parameters", {})}
        lengths = {name: value for name, value in values.items() if name.endswith("_s") and name != "by_s"}
        assert all(max(value if isinstance(value, list) else [value]) <= LONGEST_S for value in lengths.values()), (
            fault.id
        )
    assert [fault.id for fault in small.faults] == [fault.id for fault in scenario.faults]


def test_a_service_that_takes_days_keeps_its_own_pace_instead():
    of_days = find_scenario("refund-fails-later")
    brisk = find_scenario("forged-webhooks")

    assert standard(of_days).service == {}
    assert standard(brisk).service == brisk.service != {}


def test_where_the_statement_is_wrong_it_is_read_before_the_run_is_over(stage):
    drift = standard(LIBRARY["settlement-drift"])

    verdicts = [judge(stage.perform(drift, seed=seed).record().evidence) for seed in range(1, 5)]

    scores = [score for verdict in verdicts for check in verdict.checks for score in check.scores]
    kinds = {"line-missing", "line-doubled", "line-wrong"}
    assert {score.kind for score in scores if score.found} == kinds
    assert [(score.missed, score.invented) for score in scores] == [(0, 0)] * len(scores)


def test_a_span_keeps_its_shape_and_what_is_no_duration_stays():
    late = FaultSpec(id="late", where="webhook", kind="late", parameters={"delay_s": [60, 6_000]}, window={"to_s": 600})
    jump = Jump(id="jump", process="service", every_s=(30, 300), by_s=(-90, 90))
    scenario = find_scenario("lost-webhooks").model_copy(update={"faults": (late, jump), "storm_s": 6_000})

    late, jump = standard(scenario).faults

    assert late.parameters == {"delay_s": [0.6, 60]}
    assert late.window == {"to_s": 6}
    assert (jump.every_s, jump.by_s) == ((3, 30), (-90, 90))


@pytest.mark.parametrize("has_swarm", [True, False])
@pytest.mark.parametrize("scenario", LIBRARY.values(), ids=lambda scenario: scenario.name)
def test_the_command_of_a_run_means_exactly_that_run(scenario, has_swarm):
    changes = {"customers": "20", "defect": "timeout-is-failure", "service.lease_s": "40", "crowds": "2"}
    plan = standard(scenario).with_changes(changes)

    for seed in range(20):
        drawn = draw_swarm(plan, seed, fixed=changes) if has_swarm else NO_SWARM
        command = run_command(scenario.name, seed=seed, changes=changes, is_standard=True, has_swarm=has_swarm)
        assert scenario_of(command) == plan.with_changes(drawn.changes)


@pytest.mark.parametrize("scenario", LIBRARY.values(), ids=LIBRARY)
def test_a_fault_that_is_long_by_itself_says_how_long_so_that_it_can_be_made_shorter(scenario):
    long = [
        (fault.id, name)
        for fault in scenario.psp_faults
        for name, value in fault.fault().model_dump(mode="json").items()
        if name.endswith("_s") and name != "age_s" and name not in fault.parameters
        if max(value if isinstance(value, list) else [value or 0]) > LONGEST_S
    ]

    assert long == []
