"""`paystorm load` with two of Locust's workers: one verdict over all diaries, whoever kept them and wherever."""

import json
import os
import re
import subprocess
import sys

import pytest

from reports.evidence import load_run
from scenarios.cli.exit_codes import ExitCode
from scenarios.cli.main import run_command


@pytest.mark.campaign
def test_an_open_load_with_a_worker_elsewhere_holds_and_tells_who_came(paystorm, free_port, tmp_path):
    folder = tmp_path / "run"
    load = paystorm(
        *("load", "duplicate-clicks", "--headless", "--rate", "6/s", "--users", "40", "--duration", "6"),
        *("--processes", "1", "--master", "--master-port", str(free_port), "--out", str(folder), "--json"),
    )
    key = _read_key(load)

    worker = _worker(free_port, key=key, folder=tmp_path)
    output, errors = load.process.communicate(timeout=100)

    assert load.process.returncode == ExitCode.HOLDS, output + errors
    assert json.loads(output)["validity"] == "valid"
    assert worker.wait(20) == ExitCode.HOLDS
    assert load.survivors() == []
    evidence = load_run(folder)
    due = [entry for entry in evidence.diary if entry.due_at_us is not None]
    counts = evidence.manifest.counts
    assert {entry.customer.split("-")[0] for entry in due} == {"customer/0", "customer/1"}  # from both processes
    assert len({entry.customer for entry in due}) + counts["arrivals_dropped"] == counts["arrivals_due"]
    assert 20 <= counts["arrivals_due"] <= 60  # of 36 that are to be expected
    assert [entry.op for entry in evidence.diary] == list(range(len(evidence.diary)))


@pytest.mark.slow
def test_two_workers_find_a_planted_defect_and_the_exit_code_says_so(paystorm, tmp_path):
    load = paystorm(
        *("load", "lost-webhooks", "--headless", "--users", "10", "--duration", "8", "--processes", "2"),
        *("--defect", "psp-key-per-try", "--out", str(tmp_path / "run")),
    )

    output, errors = load.process.communicate(timeout=110)

    assert load.process.returncode == ExitCode.BROKEN, output + errors
    assert "I1  BROKEN   Nobody pays twice" in output
    assert "--processes 2 --defect psp-key-per-try" in output
    customers = {entry.customer for entry in load_run(tmp_path / "run").diary}
    assert {name.count("-") for name in customers} == {1, 2}  # one worker counts as if it were alone


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--headless"], "name a scenario"),
        (["duplicate-clicks", "--rate", "5/s"], "--rate needs --headless"),
        (["duplicate-clicks", "--headless", "--rate", "often"], "--rate 'often'"),
        (["duplicate-clicks", "--headless", "--processes", "0"], "--processes 0"),
        (["duplicate-clicks", "--headless", "--defect", "background-only"], "--defect background-only: it cannot show"),
        (["--worker"], "PAYSTORM_LOAD_API_KEY is not set"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(arguments, said, capsys, monkeypatch):
    monkeypatch.delenv("PAYSTORM_LOAD_API_KEY", raising=False)

    code = run_command(["load", *arguments])

    assert code == ExitCode.BAD_INPUT
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line


def _read_key(load) -> str:
    for line in load.process.stderr:
        if found := re.search("PAYSTORM_LOAD_API_KEY=([^ ]+)", line):
            load.meet_family()
            return found[1]
    raise AssertionError("the master never said how to take part")


def _worker(port: int, *, key: str, folder) -> subprocess.Popen:
    """Start a worker as on another machine: with a folder of its own, and nothing but the port and the key."""
    command = "from scenarios.cli.main import main; main()"
    return subprocess.Popen(
        [sys.executable, "-c", command, "load", "--worker", "--master-port", str(port)],
        env={**os.environ, "PAYSTORM_LOAD_API_KEY": key},
        cwd=folder,
    )
