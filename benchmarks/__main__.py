"""`make bench`: run every benchmark and print a table; takes about half an hour.

`python -m benchmarks NAME…` runs some of them: seeds, bound, day, growth, memory, psp, payments, replays, heals, plans,
judging, capacity. The last six are about the service itself and about the judge; with `--quick` they take minutes, and
tell only that they work.
"""

import json
import platform
import sys
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from pathlib import Path
from types import MappingProxyType

from rich.console import Console
from rich.table import Table

from benchmarks.bound import measure_bound
from benchmarks.capacity.measure import measure_capacity
from benchmarks.effort import FULL, QUICK, Effort
from benchmarks.growth import measure_growth
from benchmarks.judging import measure_judging
from benchmarks.measurement import Measurement
from benchmarks.memory import measure_memory
from benchmarks.psp import measure_psp
from benchmarks.seeds import measure_seeds
from benchmarks.service import PARTS, measure_service
from benchmarks.virtual_day import measure_virtual_day
from scenarios.database import DatabaseServer, database_server
from scenarios.processor import processor_of_our_own

_RESULTS = Path("benchmarks/results/latest.json")

BENCHMARKS: Mapping[str, Callable[[DatabaseServer], list[Measurement]]] = MappingProxyType(
    {
        "seeds": measure_seeds,
        "bound": measure_bound,
        "day": measure_virtual_day,
        "growth": measure_growth,
        "memory": measure_memory,
        "psp": measure_psp,
    }
)

_JUDGING, _CAPACITY = "judging", "capacity"
_SPREAD = frozenset({"seeds", "psp"})  # what runs in several processes; the others run where `paystorm run` would


def main(names: list[str], *, is_quick: bool) -> None:
    """Measure, print and keep the results; those of an earlier run are replaced."""
    every = [*BENCHMARKS, *PARTS, _JUDGING, _CAPACITY]
    if unknown := [name for name in names if name not in every]:
        sys.exit(f"no benchmark {', '.join(unknown)}; choose from {', '.join(every)}")
    effort = QUICK if is_quick else FULL
    chosen = names or every
    measurements = [*_of_simulation(chosen), *_of_service(chosen, effort), *_of_judge(chosen, effort)]
    if _CAPACITY in chosen:
        measurements += measure_capacity(effort)
    _RESULTS.parent.mkdir(parents=True, exist_ok=True)
    rows = [measurement.as_row() for measurement in measurements]
    _RESULTS.write_text(json.dumps({"python": platform.python_version(), "measurements": rows}, indent=2) + "\n")
    _print(measurements)


def _of_simulation(names: list[str]) -> list[Measurement]:
    if not (chosen := [name for name in names if name in BENCHMARKS]):
        return []
    return [one for name in chosen for one in _measure(name)]


def _measure(name: str) -> list[Measurement]:
    with nullcontext() if name in _SPREAD else processor_of_our_own(), database_server(None) as server:
        return BENCHMARKS[name](server)


def _of_service(names: list[str], effort: Effort) -> list[Measurement]:
    if not (chosen := [name for name in names if name in PARTS]):
        return []
    return measure_service(chosen, effort)


def _of_judge(names: list[str], effort: Effort) -> list[Measurement]:
    if _JUDGING not in names:
        return []
    with database_server(None) as server:
        return measure_judging(server, effort)


def _print(measurements: list[Measurement]) -> None:
    table = Table("what", "median", "lowest", "highest", "unit", title="benchmarks", title_justify="left")
    for measurement in measurements:
        row = measurement.as_row()
        table.add_row(*(str(row[name]) for name in ("what", "median", "lowest", "highest", "unit")))
    Console().print(table)


if __name__ == "__main__":
    try:
        main([word for word in sys.argv[1:] if word != "--quick"], is_quick="--quick" in sys.argv)
    except KeyboardInterrupt:
        sys.exit("stopped; nothing was written")
