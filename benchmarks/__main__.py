"""`make bench`: run every benchmark and print a table; takes about two minutes."""

import json
import platform
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.measurement import Measurement
from benchmarks.replays import measure_replays
from benchmarks.virtual_hour import measure_virtual_hour
from scenarios.database import database_server

_RESULTS = Path("benchmarks/results/latest.json")


def main() -> None:
    """Measure, print and keep the results."""
    with database_server(None) as server:
        measurements = [*measure_virtual_hour(server), *measure_replays(server)]
    _RESULTS.parent.mkdir(parents=True, exist_ok=True)
    rows = [measurement.as_row() for measurement in measurements]
    _RESULTS.write_text(json.dumps({"python": platform.python_version(), "measurements": rows}, indent=2) + "\n")
    _print(measurements)


def _print(measurements: list[Measurement]) -> None:
    table = Table("what", "median", "lowest", "highest", "unit", title="benchmarks", title_justify="left")
    for measurement in measurements:
        row = measurement.as_row()
        table.add_row(*(str(row[name]) for name in ("what", "median", "lowest", "highest", "unit")))
    Console().print(table)


main()
