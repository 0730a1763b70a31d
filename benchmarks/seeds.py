"""Seeds per hour on two processors: standard runs with the swarm on, as `paystorm sweep` performs them."""

import tempfile
import time
from pathlib import Path

from benchmarks.measurement import Measurement
from scenarios.campaign.backends import Backend
from scenarios.campaign.folder import SweepFolder
from scenarios.campaign.ledger import Ledger
from scenarios.campaign.local import local_backend
from scenarios.campaign.plan import Plan
from scenarios.campaign.seeds import Seeds
from scenarios.campaign.sweep import Sweep
from scenarios.database import DatabaseServer
from scenarios.library import LIBRARY

_JOBS = 2
_ROUNDS = 3
_RUNS = 240  # of a round: half a minute
_SECONDS_PER_HOUR = 3_600


class _Unwatched:
    def moved(self, ledger: Ledger) -> None:
        pass


def measure_seeds(_server: DatabaseServer) -> list[Measurement]:
    """Return seeds per hour of the duplicate clicks and of all scenarios, and what is in a run."""
    clicks = [_rate(("duplicate-clicks",), round_number=number) for number in range(_ROUNDS)]
    everything = [_rate(("all",), round_number=number) for number in range(_ROUNDS)]
    return [
        _measurement("standard run of duplicate-clicks, 2 jobs", "seeds per hour", [rate for rate, _ in clicks]),
        _measurement("  round trips", "per run", [_mean(ledger, "round_trips") for _, ledger in clicks]),
        _measurement("  requests", "per run", [_mean(ledger, "requests") for _, ledger in clicks]),
        _measurement("standard run of all scenarios, 2 jobs", "seeds per hour", [rate for rate, _ in everything]),
        _measurement("  round trips", "per run", [_mean(ledger, "round_trips") for _, ledger in everything]),
    ]


def _rate(names: tuple[str, ...], *, round_number: int) -> tuple[float, Ledger]:
    """Sweep over seeds that no other round has, and return how many an hour, without starting and stopping."""
    scenarios = len(LIBRARY) if names == ("all",) else 1
    first = 1 + round_number * _RUNS
    seeds = Seeds(first, first + _RUNS // scenarios - 1)
    with tempfile.TemporaryDirectory() as folder, local_backend(_JOBS) as backend:
        _sweep(Plan.make(names, seeds=Seeds(0, 0), changes={}), backend, Path(folder) / "warm")
        plan = Plan.make(names, seeds=seeds, changes={}, repeated_share=0)
        started_s = time.perf_counter()
        ledger = _sweep(plan, backend, Path(folder) / "sweep")
        return len(plan) / (time.perf_counter() - started_s) * _SECONDS_PER_HOUR, ledger


def _sweep(plan: Plan, backend: Backend, folder: Path) -> Ledger:
    with SweepFolder.claim(folder, plan=plan) as claimed:
        sweep = Sweep(plan, folder=claimed, backend=backend, watcher=_Unwatched())
        sweep.run()
    return sweep.ledger


def _mean(ledger: Ledger, count: str) -> float:
    return ledger.counts[count] / ledger.done


def _measurement(what: str, unit: str, values: list[float]) -> Measurement:
    return Measurement(what=what, unit=unit, values=tuple(values))
