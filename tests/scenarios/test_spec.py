"""Scenarios as data: they survive JSON, they can be changed, and what is misspelt is refused with what exists."""

import json

import pytest

from scenarios.errors import BadInput
from scenarios.library import LIBRARY, find_scenario
from scenarios.spec import Scenario

LOST = LIBRARY["lost-webhooks"]
CRASH = '{"id": "x", "where": "process", "kind": "crash", "process": "%s", "every_s": [1, 2], "down_s": [0, 1]}'


@pytest.mark.parametrize("scenario", LIBRARY.values(), ids=LIBRARY)
def test_a_plan_survives_json(scenario):
    assert Scenario.parse(json.loads(json.dumps(scenario.model_dump(mode="json")))) == scenario


@pytest.mark.parametrize("scenario", LIBRARY.values(), ids=LIBRARY)
def test_every_scenario_is_listed_under_its_name_and_its_faults_end_with_the_storm(scenario):
    assert LIBRARY[scenario.name] is scenario
    assert scenario.faults
    assert all(0 < fault.window["to_s"] <= scenario.storm_s for fault in scenario.faults_of_the_storm())


def test_a_window_of_its_own_is_kept():
    late = LOST.with_changes({"faults.webhook-lost.window": '{"from_s": 10, "to_s": 20}'})

    assert late.faults_of_the_storm()[0].window == {"from_s": 10, "to_s": 20}


@pytest.mark.parametrize(
    ("change", "read"),
    [
        ({"storm_s": "60"}, lambda scenario: scenario.storm_s == 60),
        ({"psp_latency_s": "[1, 2]"}, lambda scenario: scenario.psp_latency_s == (1, 2)),
        ({"faults.webhook-lost.probability": "0.9"}, lambda scenario: scenario.faults[0].probability == 0.9),
        ({"faults": f"[{CRASH % 'worker'}]"}, lambda scenario: scenario.faults[0].process == "worker"),
        ({"scripts.patient": "3"}, lambda scenario: scenario.scripts["patient"] == 3),
        ({"service.worker_period_s": "30"}, lambda scenario: scenario.service == {"worker_period_s": 30}),
    ],
)
def test_settings_can_be_changed_by_dotted_name(change, read):
    assert read(LOST.with_changes(change))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"stormm_s": "60"}, "no such key; choose from arrivals, calm_s"),
        ({"storm_s": "soon"}, "storm_s"),
        ({"storm_s": "-1"}, "greater than or equal to 0"),
        ({"customers": "0"}, "customers"),
        ({"faults.nope.probability": "1"}, "no fault 'nope'; choose from webhook-lost"),
        ({"faults.webhook-lost.probability": "7"}, "less than or equal to 1"),
        ({"faults.webhook-lost.kind": "stolen"}, "unknown kind stolen; choose from"),
        ({"faults": f"[{CRASH % 'bank'}]"}, "faults.x.process: String should match"),
        ({"faults": f"[{CRASH % 'worker'}, {CRASH % 'worker'}]"}, "two faults are called x"),
        ({"faults": '[{"id": "x", "where": "process", "kind": "faint"}]'}, "unknown kind faint; choose from crash"),
        ({"faults": '[{"id": "x", "where": "process", "kind": "lost"}]'}, "lost is a fault of the webhook, not of the"),
        ({"faults.webhook-lost.window": '{"form_s": 1}'}, "unknown form_s (did you mean from_s?)"),
        ({"scripts.nobody": "1"}, "unknown customer nobody; choose from patient"),
        ({"service.wroker_period_s": "1"}, "unknown setting wroker_period_s (did you mean worker_period_s?)"),
        ({"service.database_url": "postgresql://elsewhere"}, "unknown setting database_url"),
        ({"service.lease_s": "5"}, "lease_s must be more than twice psp_timeout_s"),
        ({"psp.idempotency_profile": "visa"}, "psp.idempotency_profile: Input should be"),
        ({"name": "../elsewhere"}, "name: String should match"),
        ({"arrivals": "[0, 0]"}, "nobody would ever come"),
        ({"format": "2"}, "this version of paystorm reads format 1"),
        ({"calm_s": "1"}, "longer than the calm"),
        ({"name.deeper": "1"}, "nothing to set there"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(change, words):
    with pytest.raises(BadInput) as refusal:
        LOST.with_changes(change)

    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_an_unknown_scenario_is_answered_with_those_that_exist():
    with pytest.raises(BadInput, match="choose from duplicate-clicks, lost-webhooks, latency-spikes, dying-machines"):
        find_scenario("lost-webhook")
