"""Processes that are killed, stopped, told to end and started again, and who wakes them if we cannot."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scenarios.errors import InfrastructureFailed
from scenarios.live.children import Children
from scenarios.live.guardian import Guardian
from scenarios.live.machines import Launch, Machines

PROGRAM = """
import os, signal, time
if "DEAF" in os.environ:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("up", flush=True)
time.sleep(60)
"""


@pytest.fixture
def children(tmp_path):
    with Children(logs=tmp_path / "logs") as children:
        yield children


@pytest.fixture
def machines(children, tmp_path, request):
    (tmp_path / "some_program.py").write_text(PROGRAM)
    deaf = {"DEAF": "1"} if "deaf" in request.fixturenames else {}
    launch = Launch(program="worker-1", module="some_program", environment={"PYTHONPATH": str(tmp_path), **deaf})
    with Guardian() as guardian:
        machines = Machines(children, {"worker/1": launch}, guardian=guardian)
        machines.start()
        _until(lambda: "up" in _log(children))
        yield machines


@pytest.fixture
def deaf():
    """Let the machines' program not listen to SIGTERM."""


def test_a_killed_process_is_no_failure_and_starts_again_under_its_name(machines, children):
    first = machines.pids()["worker/1"]

    machines.kill("worker/1")
    children.check()
    is_gone = not machines.is_running("worker/1")
    machines.start_one("worker/1")

    assert is_gone
    assert machines.pids()["worker/1"] != first
    assert machines.starts == 2
    _until(lambda: _log(children).count("up") == 2)


def test_a_process_that_goes_by_itself_is_a_failure(machines, children):
    os.kill(machines.pids()["worker/1"], signal.SIGKILL)

    with pytest.raises(InfrastructureFailed, match="worker-1 ended with exit code -9"):
        _until(children.check)


def test_a_paused_process_runs_nothing_until_it_proceeds(machines):
    pid = machines.pids()["worker/1"]

    stopped = machines.pause("worker/1")
    state_meanwhile, is_paused = _state(pid), machines.is_paused("worker/1")
    stopped.proceed()

    assert (state_meanwhile, is_paused) == ("T", True)
    _until(lambda: _state(pid) != "T")
    assert not machines.is_paused("worker/1")


def test_who_was_killed_while_paused_is_not_woken(machines):
    stopped = machines.pause("worker/1")
    machines.kill("worker/1")
    machines.start_one("worker/1")
    again = machines.pause("worker/1")

    stopped.proceed()

    assert machines.is_paused("worker/1")
    again.proceed()


def test_who_does_not_listen_is_killed_when_the_grace_is_over(deaf, machines):
    ending = machines.terminate("worker/1")
    listens = not ending.unfinished()

    ending.crash()
    ending.crash()

    assert not listens
    assert not ending.unfinished()


@pytest.mark.parametrize("deed", ["kill", "pause", "terminate"])
def test_restoring_has_everybody_run_again(machines, deed):
    getattr(machines, deed)("worker/1")

    machines.restore()

    assert machines.is_running("worker/1")
    assert not machines.is_paused("worker/1")
    assert _state(machines.pids()["worker/1"]) != "T"


def test_the_guardian_wakes_whom_a_killed_supervisor_had_stopped(tmp_path):
    supervisor = """
import subprocess, sys, time
from scenarios.live.guardian import Guardian
sleeper = subprocess.Popen(["sleep", "60"], start_new_session=True, stdout=subprocess.DEVNULL)
with Guardian() as guardian:
    guardian.stop(sleeper.pid)
    print(sleeper.pid, flush=True)
    time.sleep(60)
"""
    process = subprocess.Popen([sys.executable, "-c", supervisor], stdout=subprocess.PIPE, text=True)
    sleeper = int(process.stdout.readline())
    state_meanwhile = _state(sleeper)

    process.kill()
    process.communicate()

    try:
        assert state_meanwhile == "T"
        _until(lambda: _state(sleeper) == "S")
    finally:
        os.kill(sleeper, signal.SIGKILL)


def _log(children):
    return (children.logs / "worker-1.log").read_text()


def _state(pid):
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def _until(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
