"""`make bench`: run every benchmark and print a table; takes about twenty minutes.

`python -m benchmarks NAME…` runs some of them: seeds, bound, day, growth, replays, memory, psp.
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
from benchmarks.growth import measure_growth
from benchmarks.measurement import Measurement
from benchmarks.memory import measure_memory
from benchmarks.psp import measure_psp
from benchmarks.replays import measure_replays
from benchmarks.seeds import measure_seeds
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
        "replays": measure_replays,
        "memory": measure_memory,
        "psp": measure_psp,
    }
)

_SPREAD = frozenset({"seeds", "psp"})  # what runs in several processes; the others run where `paystorm run` would


def main(names: list[str]) -> None:
    """Measure, print and keep the results."""
    if unknown := [name for name in names if name not in BENCHMARKS]:
        sys.exit(f"no benchmark {', '.join(unknown)}; choose from {', '.join(BENCHMARKS)}")
    measurements = [one for name in names or BENCHMARKS for one in _measure(name)]
    _RESULTS.parent.mkdir(parents=True, exist_ok=True)
    rows = [measurement.as_row() for measurement in measurements]
    _RESULTS.write_text(json.dumps({"python": platform.python_version(), "measurements": rows}, indent=2) + "\n")
    _print(measurements)


def _measure(name: str) -> list[Measurement]:
    with nullcontext() if name in _SPREAD else processor_of_our_own(), database_server(None) as server:
        return BENCHMARKS[name](server)


def _print(measurements: list[Measurement]) -> None:
    table = Table("what", "median", "lowest", "highest", "unit", title="benchmarks", title_justify="left")
    for measurement in measurements:
        row = measurement.as_row()
        table.add_row(*(str(row[name]) for name in ("what", "median", "lowest", "highest", "unit")))
    Console().print(table)


main(sys.argv[1:])
