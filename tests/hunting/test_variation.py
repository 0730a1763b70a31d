"""Variation: every candidate is a scenario, follows from its random, and leaves alone what is set by hand."""

from collections import Counter
from random import Random

import pytest

from scenarios.campaign.standard import standard
from scenarios.hunting.corpus import Entry
from scenarios.hunting.variation import Variation
from scenarios.library import LIBRARY

SCENARIOS = {name: standard(LIBRARY[name]) for name in ("duplicate-clicks", "failing-database", "key-collisions")}
DRAWS = {"ids/psp": 900, "customer/1": 6, "arrivals": 9}


@pytest.fixture(scope="module")
def generations():
    """Candidates of which each is a variant of the one before, for each scenario."""
    variation = Variation(SCENARIOS, fixed=())
    found = []
    for name in SCENARIOS:
        candidate = variation.fresh(name, Random(1))
        for number in range(1, 41):
            entry = Entry(number=number, candidate=candidate, features=(), draws=DRAWS)
            candidate = variation.variant(entry, Random(number))
            found.append(candidate)
    return found


def test_every_variant_of_a_variant_is_a_scenario(generations):
    plans = [candidate.plan(SCENARIOS) for candidate in generations]

    assert all(plan.final_within_s == SCENARIOS[plan.name].final_within_s for plan in plans), "a promise stays"
    assert {candidate.how for candidate in generations} >= {"redrawn", "harder", "guest", "foreign fault"}
    assert any(len(plan.faults) > len(SCENARIOS[plan.name].faults) for plan in plans)
    assert any(set(plan.scripts) - set(SCENARIOS[plan.name].scripts) for plan in plans)


def test_decisions_are_of_streams_that_decide_something(generations):
    settled = Counter(one.stream for candidate in generations for one in candidate.plan(SCENARIOS).decisions)

    assert set(settled) == {"customer/1", "arrivals"}


def test_one_random_makes_one_candidate():
    variation = Variation(SCENARIOS, fixed=())
    entry = Entry(number=1, candidate=variation.fresh("key-collisions", Random(1)), features=(), draws=DRAWS)

    assert [variation.variant(entry, Random(n)) for n in range(9)] == [
        variation.variant(entry, Random(n)) for n in range(9)
    ]


def test_what_is_set_by_hand_stays():
    fixed = {"scripts": '{"patient":1}', "database_latency_s": "[0.001,0.002]", "faults": "[]", "crowds": "0"}
    scenarios = {name: scenario.with_changes(fixed) for name, scenario in SCENARIOS.items()}
    variation = Variation(scenarios, fixed=fixed)
    candidate = variation.fresh("duplicate-clicks", Random(1))

    for number in range(60):
        candidate = variation.variant(Entry(number=1, candidate=candidate, features=(), draws={}), Random(number))
        plan = candidate.plan(scenarios)
        assert (dict(plan.scripts), plan.faults, plan.database_latency_s) == ({"patient": 1}, (), (0.001, 0.002))
