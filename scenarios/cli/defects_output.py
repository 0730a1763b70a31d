"""What `paystorm defects` prints: the list, how far a matrix is, and the matrix."""

import json as json_text
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.table import Table

from reports.invariants import sorted_names
from reports.words import plural
from scenarios.campaign.ledger import Ledger
from scenarios.campaign.matrix import Fate, Matrix, Row, awaits
from scenarios.campaign.matrix_plan import MatrixPlan
from scenarios.campaign.summary import seconds
from scenarios.cli.exit_codes import ExitCode
from scenarios.cli.output import format_duration
from scenarios.defects import Defect

_LINE_PERIOD_S = 10  # of the lines that tell how far it is
_WIDTH = 120
_STYLES = {Fate.FOUND: "green", Fate.SURVIVED: "bold red", Fate.AWAITS: "yellow", Fate.OPEN: "dim"}
_HEADLINE_STYLES = {ExitCode.HOLDS: "green", ExitCode.INTERRUPTED: "yellow"}


def print_defects(defects: Sequence[Defect], *, json: bool) -> None:
    """Print what can be planted."""
    if json:
        print(json_text.dumps([_plain(defect) for defect in defects], indent=2, ensure_ascii=False))
        return
    table = Table(box=None, padding=(0, 2, 1, 0), show_header=False)
    table.add_column(no_wrap=True, style="cyan")
    table.add_column()
    for defect in defects:
        table.add_row(defect.id, f"{defect.what}\n[dim]{_told(defect)}[/]")
    Console(highlight=False).print(table)


class MatrixProgress:
    """A line now and then."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False, soft_wrap=True)
        self._plan: MatrixPlan | None = None
        self._said_s = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        pass

    def begin(self, plan: MatrixPlan) -> None:
        """Say what is tried now."""
        self._plan = plan

    def moved(self, ledger: Ledger) -> None:
        """Say how far it is, if it is time."""
        now_s = time.monotonic()
        if self._plan is not None and now_s - self._said_s >= _LINE_PERIOD_S:
            self._said_s = now_s
            self._console.print(_status(self._plan, ledger), markup=False)

    def tell_stopping(self) -> None:
        """Say that Ctrl-C was heard."""
        self._console.print("stopping: runs under way are finished; Ctrl-C again gives them up", markup=False)


def print_matrix(matrix: Matrix, *, folder: Path, command: str, exit_code: ExitCode, json: bool) -> None:
    """Print the kill matrix."""
    if json:
        print((folder / "matrix.json").read_text(encoding="utf-8"), end="")
        return
    console = Console(highlight=False, soft_wrap=True)
    wide = console if console.is_terminal else Console(highlight=False, width=_WIDTH)  # a log can be scrolled
    wide.print(_table(matrix.rows))
    for accused in matrix.accused:
        console.print(f"  ACCUSED  the sound system: {', '.join(accused.broken) or accused.note}", style="bold red")
        console.print(f"      again   {accused.command}", markup=False)
    console.print(_totals(matrix), markup=False)
    console.print(_headline(matrix, exit_code), style=_HEADLINE_STYLES.get(exit_code, "bold red"), markup=False)
    console.print(f"report  {folder / 'matrix.html'}", markup=False)
    console.print(f"results {folder}", markup=False)
    if exit_code in {ExitCode.INTERRUPTED, ExitCode.INFRASTRUCTURE_FAILED}:
        console.print(f"go on   {command}", markup=False)


def _plain(defect: Defect) -> dict[str, object]:
    return {
        "id": defect.id,
        "what": defect.what,
        "breaks": sorted_names(defect.breaks),
        "seen_in": defect.seen_in,
        "scenario": defect.habitat.scenario,
        "changes": dict(defect.habitat.changes),
    }


def _told(defect: Defect) -> str:
    note = ", which have no check yet" if awaits(defect) else ""
    return f"breaks {', '.join(sorted_names(defect.breaks))}{note} · seen in {defect.seen_in}"


def _status(plan: MatrixPlan, ledger: Ledger) -> str:
    if plan.names == ("sound",):
        return f"the sound system: {ledger.done:,} of {len(plan):,} runs · {len(ledger.failing):,} failing"
    return f"{len(ledger.found):,} of {len(plan.cells):,} defects found · {ledger.done:,} runs"


def _table(rows: Sequence[Row]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("defect", "habitat", ""):
        table.add_column(name, no_wrap=True)
    for name in ("seeds", "cpu s"):
        table.add_column(name, justify="right", no_wrap=True)
    for name in ("broken", "after", "sound"):
        table.add_column(name, no_wrap=True)
    for row in rows:
        table.add_row(*_cells(row), style=None)
    return table


def _cells(row: Row) -> Sequence[str]:
    found, style = row.found, _STYLES[row.fate]
    first_s = None if found is None else seconds(found.first_breach_us)
    return (
        row.defect.id,
        row.defect.habitat.scenario,
        f"[{style}]{row.fate}[/]",
        str(len(row.planted)) if row.planted else "",
        f"{row.cpu_s:.2f}" if row.planted else "",
        _broken(row),
        "" if first_s is None else format_duration(first_s),
        _sound(row),
    )


def _broken(row: Row) -> str:
    """Return what broke; those that had to are told apart."""
    if row.found is None:
        return f"[dim]must break {' '.join(sorted_names(row.defect.breaks))}[/]"
    return " ".join(
        f"[bold]{name}[/]" if name in row.defect.breaks else f"[dim]{name}[/]"
        for name in sorted_names(row.found.broken)
    )


def _sound(row: Row) -> str:
    if not row.sound:
        return ""
    return f"[bold red]accused in {len(row.accused)}[/]" if row.accused else f"holds in {len(row.sound)}"


def _totals(matrix: Matrix) -> str:
    found, taken = matrix.with_fate(Fate.FOUND), matrix.seeds_median
    most = max((len(row.planted) for row in found), default=0)
    runs = matrix.runs
    seeds = "" if taken is None else f" · seeds until found: median {taken:g}, at most {most}"
    cost = f"{matrix.runs_cpu_s:.0f} s of processor time in the runs · {matrix.cpu_s:.0f} s this time, servers included"
    return f"  {runs:,} {plural(runs, 'run')}{seeds}\n  {cost}"


def _headline(matrix: Matrix, exit_code: ExitCode) -> str:
    survived, found = matrix.with_fate(Fate.SURVIVED), matrix.with_fate(Fate.FOUND)
    waiting = len(matrix.with_fate(Fate.AWAITS))
    rest = f"; {waiting} {'waits' if waiting == 1 else 'wait'} for a check" if waiting else ""
    match exit_code:
        case ExitCode.HOLDS:
            return f"all {len(found)} defects were found, and the sound system holds{rest}"
        case ExitCode.BROKEN if survived:
            return f"survived: {', '.join(row.defect.id for row in survived)}"
        case ExitCode.BROKEN:
            return f"the sound system was accused in {len(matrix.accused)} runs"
        case ExitCode.INTERRUPTED:
            return "stopped before it was finished"
        case ExitCode.NOT_DETERMINISTIC:
            return "not deterministic: a run left the simulated world"
        case _:
            return "not finished: the machine failed"
