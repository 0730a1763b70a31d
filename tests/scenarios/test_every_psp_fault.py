"""The service lives through everything that the PSP can do to it: each kind of fault in small runs of its own."""

from dataclasses import replace

import pytest
from msgspec.structs import replace as other_row

from psp_chaos.faults import MENU, FaultSpec
from reports.verdict import judge
from scenarios.campaign.standard import standard
from scenarios.library import find_scenario

SEED = 4
PROBABILITY = 0.3

# Without these, a key would hardly be repeated, and the PSP hardly be asked how a payment stands.
TROUBLES = (
    FaultSpec(id="answer-lost", where="reply", kind="drop-after", probability=0.15),
    FaultSpec(
        id="error-remembered",
        where="reply",
        kind="error-after",
        probability=0.3,
        selector={"operation": "create_*"},
    ),
    FaultSpec(id="webhook-lost", where="webhook", kind="lost", probability=0.3),
)
# A service in a hurry asks again while the storm is still on.
HURRY = {
    "zombie_after_s": 5,
    "retry_base_s": 2,
    "worker_period_s": 2,
    "worker_idle_s": 4,
    "retry_tries_max": 8,  # events about nothing that we know are put on record after so many
}
# What lasts for hours by default must come to light within the calm.
SHORT = {
    "delay_s": [1, 40],
    "hang_s": 30,
    "outage_s": [5, 40],
    "for_s": [5, 40],
    "younger_than_s": 30,
    "retention_s": 1,
}
RARE = ("refund-fails", "refund-pending", "refund-refused", "short-page", "newest-missing", "stale-read")
# The service never searches, and its keys are repeated only where they should not be: see below.
NOT_MET = ("search-lag", "keys-ignored", "keys-forgotten")


def storm(kind, *, probability=PROBABILITY, hurry=HURRY):
    """Let clicks repeat and refunds come, while this fault is asked before all others."""
    parameters = {name: value for name, value in SHORT.items() if name in MENU[kind].model_fields}
    fault = FaultSpec(id="the-fault", where=MENU[kind].where, kind=kind, probability=probability, parameters=parameters)
    return standard(find_scenario("duplicate-clicks")).model_copy(
        update={
            "scripts": {"double-clicker": 1, "impatient": 1, "refunder": 6},
            "declined_share": 0.1,
            "psp_asynchronous_share": 0.4,
            "psp_asynchronous_s": (1, 20),
            "customers": 14 if kind in RARE else 6,
            "storm_s": 120,
            "faults": (fault, *TROUBLES),
            "service": hurry,
        }
    )


def perform(stage, scenario, *, seed=SEED):
    """Return which promises were broken, and how often the fault bit."""
    recording = stage.perform(scenario, seed=seed)
    verdict = judge(recording.record().evidence)
    broken = {check.id for check in verdict.checks if check.validity == "invalid"}
    return broken, sum(bite["fault"] == "the-fault" for bite in recording.faults)


@pytest.mark.parametrize("kind", [kind for kind in MENU if kind not in NOT_MET])
def test_the_service_lives_through_it(stage, kind):
    broken, bites = perform(stage, storm(kind, probability=1 if kind in RARE else PROBABILITY))

    assert broken == set()
    assert bites > 0


def test_the_service_never_searches_so_an_old_index_cannot_hurt(stage):
    assert perform(stage, storm("search-lag", probability=1)) == (set(), 0)


@pytest.mark.parametrize("kind", ["keys-ignored", "keys-forgotten"])
def test_whoever_repeats_what_the_psp_has_forgotten_pays_twice_and_is_excused_because_the_fault_declares_it(
    stage, kind
):
    runs = [stage.perform(storm(kind, probability=1), seed=seed).record().evidence for seed in (SEED, SEED + 1)]
    undeclared = [replace(run, faults=tuple(other_row(bite, unsurvivable=None) for bite in run.faults)) for run in runs]

    assert broken_by(runs) == set()
    assert broken_by(undeclared) == {"I1", "I9"}


def broken_by(runs):
    return {check.id for run in runs for check in judge(run).checks if check.validity == "invalid"}


@pytest.mark.parametrize("kind", ["keys-ignored", "keys-forgotten"])
def test_whoever_knows_how_long_keys_last_looks_instead_of_repeating(stage, kind):
    broken, bites = perform(stage, storm(kind, probability=1, hurry={**HURRY, "psp_key_retention_s": 2}))

    assert (broken, bites) == (set(), 0)
