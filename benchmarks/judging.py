"""What it takes to judge a run and to write its report, as its diaries grow from ten thousand rows to millions.

The evidence is a real run of `kitchen-sink` many times over (`amplification`), once of the sound service and once of
one that pays twice, so that thousands of breaches are found. What is measured is the command as a user gives it, from
the start of its process to its end. Rows are those of all diaries; more than a quarter are the customers', whose
own diary has nearly a million where there are 3.6 million in all.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil
from pathlib import Path
from statistics import median

from benchmarks.amplification import amplify
from benchmarks.effort import Effort
from benchmarks.measurement import Measurement
from scenarios.database import DatabaseServer
from scenarios.library import LIBRARY
from scenarios.virtual.stage import Stage

_SCENARIO = LIBRARY["kitchen-sink"]
_SERVICES = {"sound": {}, "paying twice": {"defect": "psp-key-per-try"}}
_REPORT = ("-c", "from scenarios.cli.main import main; main()", "report")
_MEGABYTE = 1 << 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
    """What one report took."""

    wall_s: float
    cpu_s: float
    memory_mb: float  # resident, at its highest
    page_mb: float


def measure_judging(server: DatabaseServer, effort: Effort) -> list[Measurement]:
    """Return what a report takes at each size, and what a further row costs from size to size."""
    with tempfile.TemporaryDirectory(prefix="paystorm-judging-") as root:
        return [
            one for name, changes in _SERVICES.items() for one in _measure(server, Path(root), name, changes, effort)
        ]


def _measure(
    server: DatabaseServer, root: Path, name: str, changes: dict[str, str], effort: Effort
) -> Iterator[Measurement]:
    with Stage(server) as stage:
        recording = stage.perform(_SCENARIO.with_changes(changes), seed=1)
    recording.write(root / name)
    in_one = _rows(root / name)
    copies = [ceil(size / in_one) for size in effort.diary_rows]
    folders = [root / f"{name}-{number}" for number in copies]
    for folder, number in zip(folders, copies, strict=True):
        amplify(root / name, folder, copies=number)
    rounds = [[_report(folder) for folder in folders] for _ in range(effort.rounds)]
    rows = [number * in_one for number in copies]
    for position, size in enumerate(rows):
        clicks = copies[position] * len(recording.diary)
        what = f"report of {size:,} diary rows ({clicks:,} of them customers'), {name}"
        yield from _told(what, [costs[position] for costs in rounds])
    yield from _growth(name, rows, rounds)


def _rows(folder: Path) -> int:
    """Count the lines of all diaries."""
    return sum(book.read_bytes().count(b"\n") for book in folder.rglob("*.jsonl"))


def _report(folder: Path) -> Cost:
    """Write the report of a run in a process of its own; the verdict may be any."""
    started_s = time.monotonic()
    process = subprocess.Popen([sys.executable, *_REPORT, str(folder)], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, f"the report of {folder} could not be written"
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, kilobytes elsewhere
    return Cost(
        wall_s=time.monotonic() - started_s,
        cpu_s=usage.ru_utime + usage.ru_stime,
        memory_mb=usage.ru_maxrss * unit / _MEGABYTE,
        page_mb=(folder / "report.html").stat().st_size / 1e6,
    )


def _told(what: str, costs: Sequence[Cost]) -> Iterator[Measurement]:
    yield Measurement(what=what, unit="s", values=tuple(cost.wall_s for cost in costs))
    yield Measurement(what="  processor time", unit="s", values=tuple(cost.cpu_s for cost in costs))
    yield Measurement(what="  memory at its highest", unit="MB", values=tuple(cost.memory_mb for cost in costs))
    yield Measurement(what="  the page", unit="MB", values=tuple(cost.page_mb for cost in costs))


def _growth(name: str, rows: Sequence[int], rounds: Sequence[Sequence[Cost]]) -> Iterator[Measurement]:
    """Yield what a further row costs between two sizes: starting and drawing, which are always the same, drop out."""
    further_us = []
    for number, (fewer, more) in enumerate(pairwise(rows)):
        spans_s = [costs[number + 1].cpu_s - costs[number].cpu_s for costs in rounds]
        further_us.append(tuple(1e6 * span_s / (more - fewer) for span_s in spans_s))
        what = f"a further row from {fewer:,} to {more:,}, {name}"
        yield Measurement(what=what, unit="µs of processor time", values=further_us[-1])
    if len(further_us) > 1:
        ratios = tuple(last / median(further_us[0]) for last in further_us[-1])
        yield Measurement(
            what=f"  of a row among the most, against one among the fewest, {name}", unit="times", values=ratios
        )
