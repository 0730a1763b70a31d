"""`paystorm live`: processes die for real, and no payment is lost; however it ends, nothing of it is left."""

import json
import random
import signal
import time
from pathlib import Path

import psutil
import pytest

from reports.evidence import load_run
from scenarios.cli.exit_codes import ExitCode
from scenarios.live.diary_file import DiaryReader

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "run"


def test_a_storm_of_kills_loses_no_payment(paystorm, folder):
    options = ["--customers", "60", "--duration", "15", "--kill-every", "1", "--stop-every", "5"]
    live = paystorm("live", "duplicate-clicks", *options, "--out", str(folder), "--json")
    live.until(lambda: len(_asked(folder)) > 0)

    output, errors = live.process.communicate(timeout=150)

    assert live.process.returncode == ExitCode.HOLDS, output + errors
    assert json.loads(output)["validity"] == "valid"
    assert live.survivors() == []
    evidence = load_run(folder)
    killed = {bite.target.partition("/")[0] for bite in evidence.faults if bite.fault.startswith("live-kills")}
    assert killed == {"service", "worker", "postgres"}
    assert evidence.manifest.mode == "live"
    assert sum(n for name, n in evidence.manifest.counts.items() if name.startswith("kills_")) >= 6
    assert {entry.customer for entry in evidence.diary} <= {f"customer/{number}" for number in range(1, 61)}
    assert "kills  " in errors
    assert (folder / "resources.jsonl").stat().st_size > 0


@pytest.mark.campaign
def test_the_first_ctrl_c_ends_the_storm_and_the_run_is_judged(paystorm, folder):
    live = paystorm("live", "dying-machines", "--customers", "200", "--duration", "600", "--out", str(folder))
    live.until(lambda: len(_asked(folder)) > 10)

    live.signal(signal.SIGINT)
    output, errors = live.process.communicate(timeout=150)

    assert live.process.returncode == ExitCode.HOLDS, output + errors
    assert "verdict valid" in output
    assert live.survivors() == []
    assert load_run(folder).manifest.is_complete


@pytest.mark.campaign
def test_the_second_ctrl_c_ends_the_calm(paystorm, folder):
    live = paystorm("live", "lost-webhooks", "--customers", "200", "--duration", "600", "--out", str(folder))
    live.until(lambda: len(_asked(folder)) > 10)

    live.signal(signal.SIGINT)
    time.sleep(1)
    live.signal(signal.SIGTERM)
    live.process.communicate(timeout=60)

    assert live.survivors() == []
    assert not load_run(folder).manifest.is_complete


@pytest.mark.campaign
def test_a_supervisor_that_is_killed_while_somebody_is_stopped_leaves_nobody(paystorm, folder):
    live = _rage(paystorm, folder)
    live.until(lambda: "live-stops" in _read(folder / "logs" / "faults.jsonl"))

    live.signal(signal.SIGKILL)

    _assert_nothing_is_left(paystorm, live, folder)


@pytest.mark.campaign
@pytest.mark.parametrize("number", range(10))
def test_a_supervisor_may_be_killed_at_any_moment(paystorm, folder, number):
    live = _rage(paystorm, folder)
    live.until(lambda: len(psutil.Process(live.process.pid).children()) > 0)
    until = time.monotonic() + random.Random(number).uniform(0, 25)
    live.until(lambda: time.monotonic() >= until)

    live.signal(signal.SIGKILL)

    _assert_nothing_is_left(paystorm, live, folder)


def _rage(paystorm, folder: Path):
    options = ["--duration", "600", "--customers", "2000", "--kill-every", "1", "--stop-every", "0.5"]
    return paystorm("live", "kitchen-sink", *options, "--out", str(folder))


def _assert_nothing_is_left(paystorm, live, folder: Path) -> None:
    assert live.survivors(patience_s=20) == []
    for line in _read(folder / "logs" / "faults.jsonl").splitlines():
        assert json.loads(line)["at_us"] > 0
    assert all(row["asked_at_us"] > 0 for row in _asked(folder))
    report = paystorm("report", str(folder))
    assert report.wait() == ExitCode.BAD_INPUT
    (line,) = report.errors().splitlines()
    assert "the run did not get to its end" in line


def _asked(folder: Path):
    return DiaryReader(folder / "logs" / "customers.jsonl").read_on()


def _read(path: Path) -> str:
    return path.read_text() if path.exists() else ""
