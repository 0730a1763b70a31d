"""Sweeps as people have them, only smaller, and playhouses that play tricks."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from scenarios.campaign.performance import perform
from scenarios.campaign.plan import Plan
from scenarios.campaign.results import LineFile, Result
from scenarios.campaign.seeds import Seeds
from scenarios.cli.main import run_command
from scenarios.cli.options import parse_changes
from scenarios.database import database_server
from scenarios.embedded_postgres import EmbeddedPostgres
from scenarios.virtual.stage import Stage

TRICKSTER = Path(__file__).parent / "trickster.py"
SMALL = ["--set", "customers=3", "--set", "storm_s=20", "--set", "calm_s=300", "--set", "final_within_s=250"]


@dataclass(frozen=True)
class Swept:
    """What a sweep said and wrote."""

    code: int
    stdout: str
    stderr: str
    folder: Path

    @property
    def summary(self) -> dict[str, Any]:
        return json.loads((self.folder / "summary.json").read_text())

    @property
    def results(self) -> list[Result]:
        """What became of the runs, without what differs from time to time, sorted."""
        return comparable(LineFile(self.folder / "results.jsonl", Result).read())


def comparable(results: Iterable[Result]) -> list[Result]:
    return sorted((replace(result, wall_s=0, cpu_s=0) for result in results), key=lambda result: result.task)


@pytest.fixture
def sweep(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Callable[..., Swept]:
    """Run a small `paystorm sweep` in this process."""

    def run(*arguments: str, out: Path = tmp_path / "sweep", canary: bool = False) -> Swept:
        others = [] if canary else ["--no-canary"]
        code = run_command(["sweep", *SMALL, *arguments, *others, "--out", str(out)])
        stdout, stderr = capfd.readouterr()
        return Swept(code=code, stdout=stdout, stderr=stderr, folder=out)

    return run


@pytest.fixture(scope="session")
def small_plan() -> Callable[..., Plan]:
    """Make the plan of a small sweep."""

    def make(*names: str, seeds: str) -> Plan:
        return Plan.make(names, seeds=Seeds.parse(seeds), changes=parse_changes(SMALL[1::2]))

    return make


@pytest.fixture(scope="session")
def expected(postgres: EmbeddedPostgres) -> Callable[[Plan], list[Result]]:
    """What a sweep must find: the same runs, performed here and now, one after the other."""

    def perform_all(plan: Plan) -> list[Result]:
        with database_server(postgres.url()) as server, Stage(server) as stage:
            outcomes = [perform(stage, plan.order(task), house="here") for task in plan.tasks()]
        return comparable(outcome.result for outcome in outcomes if outcome is not None)

    return perform_all


@pytest.fixture
def trick(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let the playhouses of a sweep with `--jobs 1` play a trick on a seed."""

    def play(what: str, *, seed: int) -> None:
        monkeypatch.setattr("scenarios.campaign.playhouse.PROGRAM", (str(TRICKSTER), what, str(seed)))

    return play


class LongSweep:
    """A sweep in a process of its own, with more to do than anybody waits for."""

    def __init__(self, *arguments: str, out: Path) -> None:
        self.out = out
        self.words = [
            "lost-webhooks",
            "--seeds",
            "1..500",
            "--repeat",
            "0",
            "--no-canary",
            *SMALL,
            *arguments,
            "--out",
            str(out),
        ]
        command = [sys.executable, "-m", "scenarios.cli", "sweep", *self.words]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def wait_for_results(self, count: int = 1) -> None:
        """Wait until so many runs were written down."""
        deadline = time.monotonic() + 60
        while self.lines < count:
            assert self.process.poll() is None, self.process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.02)

    @property
    def lines(self) -> int:
        """How many runs were written down."""
        results = self.out / "results.jsonl"
        return results.read_bytes().count(b"\n") if results.exists() else 0

    def descendants(self) -> list[psutil.Process]:
        """All processes that live because of this one."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def end(self) -> tuple[int, str, str]:
        stdout, stderr = self.process.communicate(timeout=60)
        return self.process.returncode, stdout, stderr


@pytest.fixture
def long_sweep(tmp_path: Path) -> Iterator[Callable[..., LongSweep]]:
    """Start a sweep that goes on until somebody ends it."""
    started: list[LongSweep] = []

    def start(*arguments: str) -> LongSweep:
        started.append(LongSweep(*arguments, out=tmp_path / "sweep"))
        return started[-1]

    yield start
    for sweep in started:
        sweep.process.kill()
        sweep.process.communicate()
