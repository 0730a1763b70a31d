"""What a load is called afterwards: the command that has it again, and the scenario as it was played."""

import pytest

from scenarios.library import find_scenario
from scenarios.live.arrivals import ArrivalProcess
from scenarios.live.load_command import load_command
from scenarios.live.load_generator import Load
from scenarios.live.pacing import at_live_pace
from scenarios.live.played import as_played
from scenarios.live.switches import note_switch, read_switches

CLOSED = {"scenario": "duplicate-clicks", "seed": 3, "users": 20, "web_port": None}


@pytest.fixture
def planned():
    return at_live_pace(find_scenario("duplicate-clicks"), users=20, duration_s=30)


@pytest.mark.parametrize(
    ("load", "command"),
    [
        (Load(**CLOSED, duration_s=None), "paystorm load duplicate-clicks --users 20 --seed 3"),
        (
            Load(**CLOSED, duration_s=8, rate_per_s=12.5, arrivals=ArrivalProcess.CONSTANT, processes=2),
            (
                "paystorm load duplicate-clicks --users 20 --seed 3 --headless --duration 8 --rate 12.5/s "
                "--arrivals constant --processes 2"
            ),
        ),
        (
            Load(**CLOSED, duration_s=8, processes=0, workers_elsewhere=3),
            (
                "paystorm load duplicate-clicks --users 20 --seed 3 --headless --duration 8 --processes 0 --master "
                "--expect-workers 3"
            ),
        ),
    ],
)
def test_the_command_says_what_was_asked_for(load, command):
    assert load_command(load, defect=None) == command


def test_the_command_names_the_planted_defect():
    assert load_command(Load(**CLOSED, duration_s=None), defect="psp-key-per-try").endswith("--defect psp-key-per-try")


def test_nothing_chosen_leaves_the_scenario_as_it_was(planned, tmp_path):
    assert as_played(planned, read_switches(tmp_path)) == planned


def test_the_last_choice_brings_customers_and_faults_and_leaves_the_systems_settings(planned, tmp_path):
    for at_us, name in enumerate(["duplicate-clicks", "lost-webhooks"]):
        note_switch(tmp_path, {"at_us": at_us, "scenario": name})
    note_switch(tmp_path, {"at_us": 3, "fault": "flaky-network", "on": True})
    note_switch(tmp_path, {"at_us": 4, "fault": "flaky-network", "on": False})

    played = as_played(planned, read_switches(tmp_path))

    chosen = at_live_pace(find_scenario("lost-webhooks"), users=20, duration_s=30)
    assert (played.name, played.faults, played.scripts) == (chosen.name, chosen.faults, chosen.scripts)
    assert (played.service, played.psp, played.workers) == (planned.service, planned.psp, planned.workers)
    assert played.story.endswith(
        "Loads followed each other: duplicate-clicks, lost-webhooks. Switched on by hand: flaky-network."
    )
