"""Five defects, each shrunk to the little that it takes, are found again from their files in one run."""

from pathlib import Path

import pytest

from reports.verdict import judge
from scenarios.library import find_scenario

FOUND = sorted((Path(__file__).parent / "found").glob("*.toml"))
BROKEN = {
    "early-webhook-dropped": {"I8"},
    "key-check-then-insert": {"I1", "I6"},
    "psp-key-per-try": {"I1", "I9"},
    "refund-read-then-write": {"I7", "I9"},
    "timeout-is-failure": {"I4"},
}
SEED = 1


@pytest.mark.parametrize("file", FOUND, ids=lambda file: file.stem)
def test_it_takes_three_faults_and_four_actions_at_most_and_without_the_defect_nothing_breaks(file, stage):
    scenario = find_scenario(str(file))

    run = stage.perform(scenario, seed=SEED)
    sound = stage.perform(scenario.with_changes({"defect": "null"}), seed=SEED)

    assert scenario.defect == file.stem
    assert {check.id for check in judge(run.record().evidence).checks if check.finding} == BROKEN[file.stem]
    assert len(scenario.faults_left) <= 3
    assert sum(row["action"] != "read" for row in run.diary) <= 4
    assert judge(sound.record().evidence).validity == "valid"


def test_there_are_five():
    assert [file.stem for file in FOUND] == sorted(BROKEN)
