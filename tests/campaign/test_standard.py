"""The standard run, and the command that has a run of a sweep again."""

import shlex

import pytest

from psp_chaos.faults.spec import FaultSpec
from scenarios.campaign.command import command_of
from scenarios.campaign.standard import standard
from scenarios.cli.options import parse_changes
from scenarios.faults.clock import Jump
from scenarios.library import LIBRARY, find_scenario
from scenarios.spec import Scenario
from scenarios.swarm import draw_swarm

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
    scenario = find_scenario(words[2]).with_changes(changes)
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


def test_a_span_keeps_its_shape_and_what_is_no_duration_stays():
    late = FaultSpec(id="late", where="webhook", kind="late", parameters={"delay_s": [60, 6_000]}, window={"to_s": 600})
    jump = Jump(id="jump", process="service", every_s=(30, 300), by_s=(-90, 90))
    scenario = find_scenario("lost-webhooks").model_copy(update={"faults": (late, jump), "storm_s": 6_000})

    late, jump = standard(scenario).faults

    assert late.parameters == {"delay_s": [0.6, 60]}
    assert late.window == {"to_s": 6}
    assert (jump.every_s, jump.by_s) == ((3, 30), (-90, 90))


@pytest.mark.parametrize("scenario", LIBRARY.values(), ids=lambda scenario: scenario.name)
def test_the_command_of_a_run_means_exactly_that_run(scenario):
    plan = standard(scenario).with_changes({"customers": "20", "defect": "timeout-is-failure", "service.lease_s": "40"})

    for seed in range(20):
        drawn = plan.with_changes(draw_swarm(plan, seed, fixed=("customers",)).changes)
        assert scenario_of(command_of(drawn, seed=seed, drawn_from=plan)) == drawn
        assert scenario_of(command_of(plan, seed=seed, drawn_from=None)) == plan


def test_the_command_is_short_where_drawing_again_gives_the_same():
    plan = standard(find_scenario("duplicate-clicks"))
    drawn = plan.with_changes(draw_swarm(plan, 3).changes)

    short, full = (command_of(drawn, seed=3, drawn_from=origin) for origin in (plan, None))

    assert "--swarm" in shlex.split(short)
    assert "--swarm" not in shlex.split(full)
    assert len(short) < len(full) / 2


def test_texts_that_look_like_numbers_stay_texts():
    plan = find_scenario("lost-webhooks").model_copy(update={"story": "1"})

    assert scenario_of(command_of(plan, seed=1, drawn_from=None)) == plan
