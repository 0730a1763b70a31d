"""A stage is used again and again, and no run can tell that it was."""

import gc

import pytest

from scenarios.campaign.standard import standard
from scenarios.database import database_server
from scenarios.library import LIBRARY
from scenarios.swarm import draw_swarm
from scenarios.virtual.stage import Stage
from scenarios.virtual.tripwires import WATCHED, _codes_of, _loaded

CLICKS = standard(LIBRARY["duplicate-clicks"])


@pytest.fixture(scope="module")
def server(postgres):
    with database_server(postgres.url()) as server:
        yield server


@pytest.mark.campaign
def test_a_run_on_a_used_stage_is_the_run_on_a_new_one(server):
    with Stage(server) as stage:
        new = stage.perform(CLICKS, seed=1)
    with Stage(server) as stage:
        for number, scenario in enumerate(LIBRARY.values()):
            small = standard(scenario)
            stage.perform(small.with_changes(draw_swarm(small, number).changes), seed=number)
        used = stage.perform(CLICKS, seed=1)

    assert used.timeline == new.timeline
    assert used.record().digest == new.record().digest


def test_a_defect_has_a_database_of_its_own_and_leaves_the_others_alone(server):
    with Stage(server) as stage:
        sound = stage.perform(CLICKS, seed=1)
        stage.perform(CLICKS.with_changes({"defect": "key-check-then-insert"}), seed=1)
        again = stage.perform(CLICKS, seed=1)

    assert again.record().digest == sound.record().digest


def test_what_is_left_of_the_calm_when_all_is_quiet_changes_no_book(server):
    whole = CLICKS.with_changes({"ends_when_quiet": "false"})

    with Stage(server) as stage:
        short, long = stage.perform(CLICKS, seed=3), stage.perform(whole, seed=3)

    assert short.ended_at_us < long.ended_at_us
    assert (short.service, short.psp["movements"], short.diary) == (long.service, long.psp["movements"], long.diary)


@pytest.mark.campaign
def test_runs_leave_nothing_in_memory(server):
    with Stage(server) as stage:
        for seed in range(8):
            stage.perform(CLICKS, seed=seed)
        before = count_objects()
        for seed in range(8):
            stage.perform(CLICKS, seed=seed)
        after = count_objects()

    assert after - before < 2_000  # eight runs may leave less than one run writes down


def count_objects():
    gc.collect()
    return len(gc.get_objects())


def test_the_tripwires_see_our_code_although_the_stage_has_frozen_it(server):
    with Stage(server) as stage:
        stage.perform(CLICKS, seed=1)
        _codes_of.cache_clear()

        assert len(_codes_of(_loaded(WATCHED))) > 500
