"""Shrinking on the stage: a planted bug, a run that finds it, and the little that is left of it."""

import pytest

from reports.verdict import judge
from scenarios.campaign.standard import standard
from scenarios.database import database_server
from scenarios.library import find_scenario
from scenarios.shrinking import Oracle, shrink, what_it_takes
from scenarios.virtual.stage import Stage

SEED = 2


class Watched:
    def __init__(self):
        self.told = []

    def tried(self, *, runs, smallest):
        self.told.append((runs, smallest.scenario.visits))


@pytest.fixture(scope="module")
def stage(postgres):
    with database_server(postgres.url()) as server, Stage(server) as stage:
        yield stage


@pytest.fixture
def scenario():
    return standard(find_scenario("duplicate-clicks")).with_changes({"defect": "key-check-then-insert"})


def actions(trial):
    return [row["action"] for row in trial.recording.diary if row["action"] != "read"]


def test_a_lost_key_takes_one_customer_and_a_few_clicks(stage, scenario):
    watched = Watched()

    trial = shrink(scenario, SEED, Oracle(stage, invariants=("I1",), runs_max=200, watcher=watched))

    assert "I1" in trial.broken
    assert (trial.scenario.visits, trial.scenario.faults_left) == (1, ())
    assert len(actions(trial)) <= 4
    assert what_it_takes(trial).startswith("It takes one customer and ")
    assert trial.scenario.final_within_s == scenario.final_within_s, "a shorter promise would accuse the innocent"
    assert watched.told[-1][0] < 200

    again = stage.perform(trial.scenario, seed=trial.seed)
    assert again.timeline == trial.recording.timeline
    sound = stage.perform(trial.scenario.with_changes({"defect": "null"}), seed=trial.seed)
    assert not judge(sound.record().evidence).findings


def test_when_the_runs_are_used_up_the_smallest_until_then_stands(stage, scenario):
    trial = shrink(scenario, SEED, Oracle(stage, invariants=("I1",), runs_max=4, watcher=Watched()))

    assert "I1" in trial.broken
    assert len(trial.scenario.faults_left) < len(scenario.faults_left) or trial.scenario.visits < scenario.visits


def test_what_breaks_nothing_is_not_made_smaller(stage, scenario):
    sound = scenario.with_changes({"defect": "null"})

    assert shrink(sound, SEED, Oracle(stage, invariants=(), runs_max=5, watcher=Watched())) is None
