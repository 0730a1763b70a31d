"""What a sweep will try, before anything is tried."""

import pytest

from scenarios.campaign.plan import Plan
from scenarios.campaign.results import Task
from scenarios.campaign.seeds import Seeds
from scenarios.errors import BadInput
from scenarios.library import LIBRARY, find_scenario
from scenarios.scenario_text import to_toml


def plan_of(*names: str, seeds: str = "1..100", **options: object) -> Plan:
    return Plan.make(names, seeds=Seeds.parse(seeds), changes=options.pop("changes", {}), **options)


@pytest.mark.parametrize(("text", "first", "last"), [("7", 7, 7), ("1..1000", 1, 1000), (" 0..0 ", 0, 0)])
def test_seeds_are_one_or_a_range(text, first, last):
    assert Seeds.parse(text) == (first, last)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "expected one seed or a range"),
        ("1-10", "such as 7 or 1..1000"),
        ("1..", "expected"),
        ("-1..5", "expected"),
        ("1..2..3", "expected"),
        ("\u0661..\u0663", "expected"),
        ("9..3", "say 3..9"),
        (f"1..{2**63}", "a seed is at most"),
    ],
)
def test_other_texts_are_refused_with_the_mend(text, words):
    with pytest.raises(BadInput, match="--seeds") as refusal:
        Seeds.parse(text)

    assert words in str(refusal.value)


def test_all_are_all_and_a_name_counts_once():
    assert [scenario.name for scenario in plan_of("lost-webhooks", "all", "lost-webhooks").scenarios] == [
        "lost-webhooks",
        *(name for name in LIBRARY if name != "lost-webhooks"),
    ]


def test_a_file_is_swept_under_its_own_name_and_had_again_by_its_path(tmp_path):
    path = tmp_path / "my-storm.toml"
    path.write_text(to_toml(find_scenario("lost-webhooks")))

    plan = plan_of(str(path), "lost-webhooks", seeds="4")

    assert [scenario.name for scenario in plan.scenarios] == ["my-storm", "lost-webhooks"]
    assert [plan.order(task).source for task in plan.tasks()] == [str(path), "lost-webhooks"]
    assert plan.title == "my-storm+lost-webhooks"


def test_all_scenarios_of_one_seed_come_before_the_next_seed():
    plan = plan_of("lost-webhooks", "duplicate-clicks", seeds="4..5")

    assert [*plan.tasks()] == [
        ("lost-webhooks", 4),
        ("duplicate-clicks", 4),
        ("lost-webhooks", 5),
        ("duplicate-clicks", 5),
    ]
    assert len(plan) == 4


def test_what_is_set_by_hand_is_set_at_standard_size():
    scenario = plan_of("lost-webhooks", changes={"customers": "20"}).scenarios[0]

    assert (scenario.customers, scenario.storm_s) == (20, plan_of("lost-webhooks").scenarios[0].storm_s)


@pytest.mark.parametrize(
    ("names", "changes", "words"),
    [
        (["lost-webhook"], {}, "no scenario"),
        (["lost-webhooks"], {"defect": "nope"}, "no defect"),
        (["all"], {"strom_s": "1"}, "no such key"),
        (["all"], {"customers": "0"}, "customers"),
    ],
)
def test_a_plan_that_nobody_can_perform_is_refused(names, changes, words):
    with pytest.raises(BadInput, match=words):
        plan_of(*names, changes=changes)


def test_which_runs_are_repeated_depends_on_the_runs_alone():
    tasks = [*plan_of("all", seeds="1..300").tasks()]
    plans = plan_of("all", seeds="1..300"), plan_of("lost-webhooks", "all", seeds="0..9999")

    chosen = [[task for task in tasks if plan.is_repeated(task)] for plan in plans]

    assert chosen[0] == chosen[1]
    assert 0.03 < len(chosen[0]) / len(tasks) < 0.07


@pytest.mark.parametrize(("share", "count"), [(0, 0), (1e-9, 1), (1, 10)])
def test_at_least_one_run_is_repeated_unless_none_shall_be(share, count):
    plan = plan_of("lost-webhooks", seeds="1..10", repeated_share=share)

    assert sum(map(plan.is_repeated, plan.tasks())) == count


def test_the_order_says_all_that_a_run_depends_on():
    plan = plan_of("lost-webhooks", changes={"customers": "4"}, has_swarm=False)

    order = plan.order(Task("lost-webhooks", 3))

    assert plan.scenarios[0].model_validate_json(order.plan) == plan.scenarios[0]
    assert (order.has_swarm, dict(order.changes)) == (False, {"customers": "4"})
