"""Shrinking on the stage: a planted bug, a run that finds it, and the little that is left of it."""

from pathlib import Path

import pytest

from reports.evidence import load_run
from reports.verdict import judge
from scenarios.campaign.standard import standard
from scenarios.cli.exit_codes import ExitCode
from scenarios.cli.main import run_command
from scenarios.library import find_scenario
from scenarios.shrinking import Oracle, shrink, what_it_takes

SEED = 2


class Watched:
    def __init__(self):
        self.told = []

    def tried(self, *, runs, smallest):
        self.told.append((runs, smallest.scenario.visits))


@pytest.fixture
def scenario():
    return standard(find_scenario("duplicate-clicks")).with_changes({"defect": "key-check-then-insert"})


def actions(trial):
    return [row["action"] for row in trial.recording.diary if row["action"] != "read"]


@pytest.mark.slow
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


@pytest.fixture
def command(postgres, monkeypatch, tmp_path):
    """Run a command in a folder of its own, as a person would."""
    monkeypatch.chdir(tmp_path)

    def run(*words):
        return run_command([*words, "--database-url", postgres.url()])

    return run


@pytest.mark.campaign
def test_the_command_keeps_the_smallest_run_and_a_file_that_has_it_again(command, capsys):
    command("run", "duplicate-clicks", "--standard", "--seed", "2", "--defect", "key-check-then-insert", "--out", "big")

    assert command("shrink", "big", "--out", "small") == ExitCode.BROKEN
    told = capsys.readouterr().out
    again = command("run", "small/duplicate-clicks-shrunk.toml", "--seed", "2", "--out", "again")

    assert "It takes one customer and " in told
    assert "again   paystorm run small/duplicate-clicks-shrunk.toml --seed 2" in told
    assert again == ExitCode.BROKEN
    assert load_run(Path("again")).manifest.timeline == load_run(Path("small")).manifest.timeline


@pytest.mark.campaign
def test_what_cannot_be_shrunk_is_refused_in_one_line(command, capsys):
    command("run", "duplicate-clicks", "--standard", "--seed", "2", "--out", "sound")
    command("run", "duplicate-clicks", "--standard", "--seed", "2", "--defect", "key-check-then-insert", "--out", "big")
    capsys.readouterr()

    codes = [
        command("shrink", "sound"),
        command("shrink", "big", "--invariant", "I7"),
        command("shrink", "nowhere"),
        command("shrink", "big", "--runs-max", "0"),
    ]

    assert codes == [ExitCode.BAD_INPUT] * 4
    told = capsys.readouterr().err
    assert "breaks nothing, so there is nothing to shrink" in told
    assert "--invariant I7: this run breaks I1" in told
