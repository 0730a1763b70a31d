"""A fault with a schedule keeps it in whatever is made of its scenario."""

import pytest

from psp_chaos.faults import FaultSpec
from scenarios.campaign.standard import STORM_S, standard
from scenarios.library import find_scenario
from scenarios.swarm import draw_swarm

SCHEDULED = FaultSpec(id="at-the-hour", where="reply", kind="drop-after", schedule=(300, 900, 1_500))
CLICKS = find_scenario("duplicate-clicks")
PLAN = CLICKS.model_copy(update={"faults": (SCHEDULED, *CLICKS.faults)})


@pytest.mark.parametrize("seed", range(20))
def test_the_swarm_draws_no_probability_for_it(seed):
    drawn = PLAN.with_changes(draw_swarm(PLAN, seed).changes)

    (kept,) = [fault for fault in drawn.faults if fault.id == SCHEDULED.id]
    assert kept == SCHEDULED


def test_the_standard_run_keeps_its_place_in_the_storm():
    (shortened,) = [fault for fault in standard(PLAN).faults if fault.id == SCHEDULED.id]

    assert shortened.schedule == tuple(moment_s * STORM_S / PLAN.storm_s for moment_s in SCHEDULED.schedule)


def test_a_schedule_of_seconds_bites_as_often_as_it_has_moments(stage):
    soon = SCHEDULED.model_copy(update={"schedule": (5, 20, 35)})

    recording = stage.perform(standard(CLICKS).model_copy(update={"faults": (soon,)}), seed=3)

    since_s = [(bite["at_us"] - recording.started_at_us) / 1e6 for bite in recording.faults]
    assert len(since_s) == 3
    assert [moment_s <= at_s for moment_s, at_s in zip(soon.schedule, since_s, strict=True)] == [True] * 3
