"""Customers with second thoughts in every scenario, under all its faults and what each seed makes of them."""

import pytest

from reports import judge
from scenarios.campaign.standard import standard
from scenarios.library import LIBRARY
from scenarios.swarm import draw_swarm

SEEDS = range(1, 9)
CHANGES = {"cancel_share": "0.7"}


@pytest.mark.campaign
@pytest.mark.timeout(600)
@pytest.mark.parametrize("scenario", LIBRARY.values(), ids=lambda scenario: scenario.name)
def test_whoever_cancels_in_a_storm_is_told_the_truth_and_loses_nothing(scenario, stage):
    ends = []
    for seed in SEEDS:
        small = standard(scenario).with_changes(CHANGES)
        drawn = small.with_changes(draw_swarm(small, seed, fixed=CHANGES).changes)
        evidence = stage.perform(drawn, seed=seed).record().evidence
        verdict = judge(evidence)
        assert verdict.validity == "valid", f"seed {seed}: {verdict.to_json()}"
        ends += [payment.failure_reason for payment in evidence.service.payments or () if payment.failure_reason]

    assert "canceled" in ends
