"""Every scenario at full length over twenty seeds: a sound service ends as it says, and every fault bites."""

from collections import Counter

import pytest

from reports.verdict import judge
from scenarios.library import LIBRARY

SEEDS = range(1, 21)
FEW = {"customers": "25", "ends_when_quiet": "true"}
# A sound service gives these no occasion: it trusts no key that may be forgotten, and it never searches.
NEVER = {"forgetful-psp": {"keys-forgotten"}, "search-lag": {"search-behind"}}


@pytest.mark.campaign
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", LIBRARY)
def test_a_sound_service_ends_as_the_scenario_says_and_every_fault_bites(name, stage):
    scenario = LIBRARY[name].with_changes(FEW)
    bites: Counter[str] = Counter()
    fallen: dict[int, set[str]] = {}
    for seed in SEEDS:
        recording = stage.perform(scenario, seed=seed)
        verdict = judge(recording.record().evidence)
        bites.update(bite["fault"] for bite in recording.faults)
        fallen[seed] = {check.id for check in verdict.checks if check.validity not in ("valid", None)}

    assert {seed: checks for seed, checks in fallen.items() if checks} == {}
    assert {fault.id for fault in scenario.faults} - set(bites) == NEVER.get(name, set())
