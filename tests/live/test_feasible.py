"""What of a scenario happens live: everything that can be done to real machines, and what cannot is said."""

import pytest

from scenarios.faults.menu import WORLD_FAULTS
from scenarios.faults.world_fault import WorldFault
from scenarios.library import LIBRARY
from scenarios.live.bites_file import BitesFile
from scenarios.live.feasible import left_out, links_of
from scenarios.live.nemesis import let_loose
from scenarios.live.network_plan import network_plan
from scenarios.live.pacing import LONGEST_DELAY_S, LONGEST_PAUSE_S, at_full_storm
from scenarios.live.rage import kills, stops
from scenarios.live.real_time import RealTime


class Nobody:
    """Machines of which none runs, and a server at which nothing happens."""

    def names(self, kind):
        return ["service/1"]


@pytest.mark.parametrize("name", LIBRARY)
def test_each_fault_of_a_scenario_is_done_or_said_to_be_left_out(name, tmp_path):
    scenario = at_full_storm(LIBRARY[name], duration_s=30, speed=60)
    without = {one.what for one in left_out(scenario, server_is_ours=True)}
    faults = [fault for fault in scenario.faults_of_the_storm() if isinstance(fault, WorldFault)]
    feasible = [fault for fault in faults if fault.id not in without]
    world, bites = RealTime(seed=1), BitesFile(tmp_path / "bites.jsonl", now_us=lambda: 0)

    with network_plan(scenario, embedded=Folder(tmp_path)) as network:
        let_loose(feasible, world=world, machines=Nobody(), postgres=None, links=network.links, bites=bites)

    assert set(network.links) >= set(links_of(scenario, server_is_ours=True))
    bites.close()


class Folder:
    """Where a server of ours would live."""

    def __init__(self, folder):
        self.folder, self.socket_path = folder, str(folder / ".s.PGSQL.5432")


def test_what_is_left_out_says_why():
    lacking = left_out(LIBRARY["clock-skew"], server_is_ours=True)

    assert lacking
    assert all(str(one).startswith(f"{one.what}: not done live, ") for one in lacking)


def test_a_server_that_is_not_ours_is_not_harmed():
    theirs = {one.what for one in left_out(LIBRARY["failing-database"], server_is_ours=False)}
    ours = {one.what for one in left_out(LIBRARY["failing-database"], server_is_ours=True)}

    assert {"database-down", "database-stalls", "killed-idle"} <= theirs - ours
    assert not any("database" in link for link in links_of(LIBRARY["failing-database"], server_is_ours=False))


@pytest.mark.parametrize("name", LIBRARY)
def test_no_fault_of_ours_lasts_longer_than_anybody_wants_to_wait(name):
    scenario = at_full_storm(LIBRARY[name], duration_s=30, speed=60)

    for fault in scenario.faults:
        values = fault.fault().model_dump() if not isinstance(fault, WorldFault) else fault.model_dump()
        spans = [
            value for key, value in values.items() if key.endswith("_s") and key != "every_s" and value is not None
        ]
        longest_s = LONGEST_PAUSE_S if fault.kind == "pause" else LONGEST_DELAY_S
        if fault.where != "clock":
            assert all((max(span) if isinstance(span, tuple) else span) <= longest_s for span in spans)


def test_the_story_keeps_its_faults_and_its_customers():
    told = LIBRARY["kitchen-sink"]

    paced = at_full_storm(told, duration_s=30, speed=60)

    assert [fault.id for fault in paced.faults] == [fault.id for fault in told.faults]
    assert (paced.customers, paced.scripts, paced.merchants) == (told.customers, told.scripts, told.merchants)


@pytest.mark.parametrize("strikes", [kills, stops])
def test_strikes_come_as_often_as_was_asked(strikes):
    scenario = LIBRARY["duplicate-clicks"]
    victims = {"service": scenario.service_processes, "worker": scenario.workers}

    rate = sum(
        victims.get(getattr(fault, "process", ""), 1) / (sum(fault.every_s) / 2)
        for fault in strikes(scenario, every_s=4)
    )

    assert rate == pytest.approx(1 / 4)


def test_every_kind_of_fault_has_a_place():
    assert {where for where, _ in WORLD_FAULTS} == {"process", "clock", "database", "network", "merchant"}
