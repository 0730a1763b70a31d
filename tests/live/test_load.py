"""`paystorm load`: a storm in real time ends with a verdict, however it is ended."""

import json
import signal
from pathlib import Path

import pytest

from reports.evidence import load_run
from scenarios.cli.exit_codes import ExitCode
from scenarios.live.diary_file import DiaryReader

pytestmark = pytest.mark.slow


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "run"


@pytest.mark.campaign
def test_duplicate_clicks_hold_in_real_time(paystorm, folder):
    load = paystorm(
        "load", "duplicate-clicks", "--headless", "--users", "20", "--duration", "8", "--out", str(folder), "--json"
    )
    load.until(lambda: len(_asked(folder)) > 0)

    output, errors = load.process.communicate(timeout=90)

    assert load.process.returncode == ExitCode.HOLDS, output + errors
    assert json.loads(output)["validity"] == "valid"
    assert load.survivors() == []
    assert {"verdict.json", "report.html", "junit.xml"} <= {path.name for path in folder.iterdir()}
    evidence = load_run(folder)
    assert len(evidence.faults) >= 1
    assert len({entry.customer for entry in evidence.diary}) >= 20
    assert any(entry.replayed for entry in evidence.diary)
    assert evidence.manifest.mode == "live"
    assert evidence.manifest.command.startswith("paystorm load duplicate-clicks --users 20")


def test_ctrl_c_keeps_and_judges_what_was_found(paystorm, folder):
    load = paystorm("load", "lost-webhooks", "--headless", "--users", "5", "--duration", "600", "--out", str(folder))
    load.until(lambda: len(_asked(folder)) > 10)

    load.signal(signal.SIGINT)
    output, errors = load.process.communicate(timeout=90)

    assert load.process.returncode == ExitCode.HOLDS, output + errors
    assert "verdict valid" in output
    assert load.survivors() == []
    assert len(load_run(folder).diary) >= 10


def test_a_killed_supervisor_leaves_no_process_and_the_diary(paystorm, folder):
    load = paystorm(
        "load", "duplicate-clicks", "--headless", "--users", "10", "--duration", "600", "--out", str(folder)
    )
    load.until(lambda: len(_asked(folder)) > 10)
    listed = {int(line.split()[1]) for line in (folder / "logs" / "pids").read_text().splitlines()}

    load.signal(signal.SIGKILL)

    assert load.survivors(patience_s=15) == []
    assert listed < set(load.family)  # PostgreSQL's processes come on top
    assert len(_asked(folder)) > 10


def _asked(folder: Path):
    return DiaryReader(folder / "logs" / "customers.jsonl").read_on()
