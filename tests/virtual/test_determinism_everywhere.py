"""One seed is one run: in every process, under any hash seed, on a busy machine, after other runs, on every Python."""

import itertools
import json
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from scenarios.database import database_server
from scenarios.library import LIBRARY
from scenarios.repetition import first_difference, first_different_event
from scenarios.swarm import draw_swarm
from scenarios.virtual.latency import Regime
from scenarios.virtual.stage import Stage

OTHER_PYTHON = "PAYSTORM_OTHER_PYTHON"
"""Names the interpreter of another supported version, with the same packages installed."""

_ROOT = Path(__file__).parents[2]
_SEED = 11
# One scenario for each side on which faults happen: PSP and processes, clocks, database, network.
_NAMES = ("dying-machines", "lying-clocks", "failing-database", "broken-network")
_SMALL = {"customers": "6", "storm_s": "60", "calm_s": "3600", "final_within_s": "1800"}


def digests(url, names=_NAMES):
    """Of timeline and evidence, by scenario."""
    with database_server(url) as server, Stage(server) as stage:
        return {name: _digests(stage, LIBRARY[name].with_changes(_SMALL)) for name in names}


def _digests(stage, scenario):
    recording = stage.perform(scenario.with_changes(draw_swarm(scenario, _SEED).changes), seed=_SEED)
    return [recording.timeline, recording.record().digest]


@contextmanager
def digests_elsewhere(url, *, python=sys.executable, hash_seed="1"):
    """The same in a new process, which performs the scenarios in another order; yields how to wait for them."""
    program = f"import json, runpy; here = runpy.run_path({__file__!r}); print(json.dumps(here['elsewhere']({url!r})))"
    with subprocess.Popen(
        [python, "-c", program],
        env=os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(_ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        yield lambda: json.loads(process.communicate()[0])


def elsewhere(url):
    return digests(url, names=reversed(_NAMES))


@pytest.fixture(scope="module")
def expected(postgres):
    return digests(postgres.url())


def test_every_scenario_has_a_timeline_and_evidence_of_its_own(expected):
    assert len(set(itertools.chain(*expected.values()))) == 2 * len(_NAMES)


@pytest.fixture
def busy_machine():
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as spinning:
        yield
        spinning.kill()


@pytest.mark.slow
@pytest.mark.usefixtures("busy_machine")
def test_new_processes_other_hash_seeds_a_busy_machine_and_other_runs_before_change_nothing(postgres, expected):
    url = postgres.url()

    # Three processes at once are more than two cores can carry.
    with digests_elsewhere(url, hash_seed="1") as one, digests_elsewhere(url, hash_seed="2") as other:
        found = [one(), other()]

    assert found == [expected, expected]


def test_another_python_changes_nothing(postgres, expected):
    other = os.environ.get(OTHER_PYTHON)
    if not other:
        pytest.skip(f"set {OTHER_PYTHON} to another supported interpreter that has the packages")

    with digests_elsewhere(postgres.url(), python=other) as there:
        assert there() == expected


SMALL = LIBRARY["lost-webhooks"].with_changes({"customers": "3", "storm_s": "60"})


def test_two_runs_of_a_seed_have_no_first_difference(runs_server):
    assert first_difference(SMALL, 5, server=runs_server) is None


def test_where_two_runs_part_is_named_by_time_party_and_event(runs_server, monkeypatch):
    draw_ns, calls = Regime.draw_ns, itertools.count()

    def draw_one_otherwise(regime, random):
        return draw_ns(regime, random) + (next(calls) == 30) * 1_000

    monkeypatch.setattr(Regime, "draw_ns", draw_one_otherwise)

    difference = first_difference(SMALL, 5, server=runs_server)

    assert difference is not None
    here, there = difference.split(", but in the other run ")
    assert here.startswith("after ")
    assert there.startswith("after ")
    assert {"service", "worker", "psp", "customer"} & set(here.replace("/", " ").split())


def test_a_run_that_goes_on_after_the_other_has_ended_is_told_apart():
    lines = ("1000 crash worker/1 \n", "2500000000 network psp->service 200 ab\n")

    assert first_different_event(lines, lines) is None
    assert first_different_event(lines[:1], lines) == (
        "nothing more happened, but in the other run after 2.500000000 s network psp->service 200 ab"
    )
