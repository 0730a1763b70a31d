"""What `paystorm hunt` prints: how far it is on standard error, what it came to on standard output."""

import json as json_text
import time
from collections.abc import Mapping

from pydantic import JsonValue
from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn

from reports.words import counted
from scenarios.cli.bar import ProgressDisplay
from scenarios.cli.exit_codes import ExitCode
from scenarios.hunting import Hunt, HuntFolder, Tried

_LINE_PERIOD_S = 20  # of plain lines, where nobody watches a bar


class HuntProgress(ProgressDisplay):
    """A bar at a terminal, a line now and then elsewhere."""

    def __init__(self, name: str, *, runs: int | None) -> None:
        super().__init__(
            TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[status]}"), TimeElapsedColumn()
        )
        self._task = self._bar.add_task(name, total=runs, status="starting servers")
        self._console = self._bar.console
        self._said_s = time.monotonic()

    def moved(self, hunt: Hunt) -> None:
        """Show how far it is."""
        status = (
            f"{hunt.performed:,} runs · {hunt.corpus.features:,} features · {len(hunt.corpus.entries):,} in the corpus"
            f" · {counted(len(hunt.findings), 'finding')}"
        )
        self._bar.update(self._task, completed=hunt.performed, status=status)
        now_s = time.monotonic()
        if self._bar.disable and now_s - self._said_s >= _LINE_PERIOD_S:
            self._said_s = now_s
            self._console.print(status, markup=False)

    def tell_stopping(self) -> None:
        """Say that Ctrl-C was heard."""
        self._console.print("stopping: runs under way are finished; Ctrl-C again gives them up", markup=False)


def print_hunt(
    hunt: Hunt, folder: HuntFolder, summary: Mapping[str, JsonValue], *, exit_code: ExitCode, json: bool
) -> None:
    """Print what a hunt came to."""
    if json:
        print(json_text.dumps(summary, indent=2, ensure_ascii=False))
        return
    console = Console(highlight=False, soft_wrap=True)
    for tried in (*hunt.findings, *hunt.unsettled):
        _print_tried(console, tried, folder)
    console.print(
        f"  {counted(hunt.runs, 'run')} · {counted(hunt.corpus.features, 'feature')} reached"
        f" · {counted(len(hunt.corpus.entries), 'run')} reached something new"
    )
    style = {ExitCode.HOLDS: "green", ExitCode.INTERRUPTED: "yellow"}.get(exit_code, "bold red")
    console.print(_headline(hunt, exit_code), style=style, markup=False)
    console.print(f"results {folder.path}", markup=False)
    if exit_code in {ExitCode.INTERRUPTED, ExitCode.INFRASTRUCTURE_FAILED, ExitCode.HOLDS}:
        console.print(f"go on   {summary['command']}", markup=False)


def _print_tried(console: Console, tried: Tried, folder: HuntFolder) -> None:
    what = f"{', '.join(sorted(tried.broken))} broken" if tried.broken else f"{tried.validity} ({tried.note})"
    how = (
        tried.candidate.how if tried.candidate.parent is None else f"{tried.candidate.how}, of {tried.candidate.parent}"
    )
    console.print(f"  run {tried.number} ({how}): {tried.candidate.scenario}: {what}", markup=False)
    kept = folder.finding(tried)
    if not kept.exists():
        console.print(f"      again   {tried.command}", markup=False)
        return
    file = kept / f"{tried.candidate.scenario}.toml"
    console.print(f"      report  {kept / 'report.html'}", markup=False)
    console.print(f"      again   paystorm run {file} --seed {tried.candidate.seed}", markup=False)
    if tried.broken:
        console.print(f"      shrink  paystorm shrink {kept}", markup=False)


def _headline(hunt: Hunt, exit_code: ExitCode) -> str:
    match exit_code:
        case ExitCode.HOLDS:
            return "nothing found"
        case ExitCode.BROKEN if hunt.findings:
            broken = sorted({invariant for one in hunt.findings for invariant in one.broken})
            return f"found: {', '.join(broken)} broken"
        case ExitCode.BROKEN:
            return "unknown: not everything could be settled"
        case ExitCode.NOT_DETERMINISTIC:
            return "not deterministic: a run left the simulated world"
        case ExitCode.INTERRUPTED:
            return "stopped before it was finished"
        case _:
            return "not finished: the machine failed"
