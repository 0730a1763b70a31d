"""What `paystorm sweep` prints: how far it is on standard error, what it came to on standard output."""

import json as json_text
import time

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn

from reports.invariants import TITLES, sorted_names
from reports.words import counted
from scenarios.campaign.canary import CANARY
from scenarios.campaign.folder import SweepFolder
from scenarios.campaign.ledger import Ledger
from scenarios.campaign.plan import Plan
from scenarios.campaign.results import Result
from scenarios.campaign.summary import Summary, seconds
from scenarios.cli.bar import ProgressDisplay
from scenarios.cli.exit_codes import ExitCode
from scenarios.cli.output import format_duration

_LINE_PERIOD_S = 20  # of plain lines, where nobody watches a bar
_S_PER_HOUR = 3_600
_STYLES = {ExitCode.HOLDS: "green", ExitCode.INTERRUPTED: "yellow"}


class SweepProgress(ProgressDisplay):
    """A bar at a terminal, a line now and then elsewhere."""

    def __init__(self, plan: Plan, *, folder: SweepFolder) -> None:
        super().__init__(
            TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[status]}"), TimeElapsedColumn()
        )
        self._wanted = len(plan)
        self._folder = folder
        self._console = self._bar.console
        self._task = self._bar.add_task(
            f"{' '.join(plan.names)} {plan.seeds}", total=self._wanted, status="starting servers"
        )
        self._done_before: int | None = None
        self._started_s = self._said_s = time.monotonic()

    def moved(self, ledger: Ledger) -> None:
        """Show how far it is."""
        if self._done_before is None:
            self._begin(ledger.done)
            return
        status = self._status(ledger)
        self._bar.update(self._task, completed=ledger.done, status=status)
        now_s = time.monotonic()
        if self._bar.disable and now_s - self._said_s >= _LINE_PERIOD_S:
            self._said_s = now_s
            self._console.print(status, markup=False)

    def tell_stopping(self) -> None:
        """Say that Ctrl-C was heard."""
        self._console.print("stopping: runs under way are finished; Ctrl-C again gives them up", markup=False)

    def _begin(self, done: int) -> None:
        self._done_before = done
        self._bar.update(self._task, completed=done)
        if done:
            what = f"{self._folder.path}: {done:,} of {self._wanted:,} runs are done"
            self._console.print(f"{what} already" if done == self._wanted else f"{what}; going on", markup=False)

    def _status(self, ledger: Ledger) -> str:
        done, elapsed_s = ledger.done - (self._done_before or 0), time.monotonic() - self._started_s
        rate = done / elapsed_s if elapsed_s else 0
        if ledger.done == self._wanted:
            rest = f"performing again: {ledger.repeated:,} of {ledger.to_be_repeated:,}"
        else:
            rest = f"{format_duration((self._wanted - ledger.done) / rate)} left" if rate else "starting"
        return (
            f"{ledger.done:,} of {self._wanted:,} runs · {rate * _S_PER_HOUR:,.0f} seeds/h"
            f" · {len(ledger.failing):,} failing · {rest}"
        )


def print_summary(summary: Summary, *, exit_code: ExitCode, json: bool, shown_max: int) -> None:
    """Print what a sweep came to."""
    if json:
        print(json_text.dumps(summary.to_plain(exit_code=exit_code), indent=2, ensure_ascii=False))
        return
    console = Console(highlight=False, soft_wrap=True)
    _print_findings(console, summary, shown_max=shown_max)
    _print_troubles(console, summary)
    _print_totals(console, summary)
    for shortfall, runs in summary.not_counted.items():
        told = f"not counted (--fail-on {summary.fail_on}): {shortfall} (in {counted(runs, 'run')})"
        console.print(told, style="yellow", markup=False)
    console.print(_headline(summary, exit_code), style=_STYLES.get(exit_code, "bold red"), markup=False)
    console.print(f"report  {summary.folder.path / 'campaign.html'}", markup=False)
    console.print(f"results {summary.folder.path}", markup=False)
    if exit_code in {ExitCode.INTERRUPTED, ExitCode.INFRASTRUCTURE_FAILED}:
        console.print(f"go on   {summary.command}", markup=False)


def _print_findings(console: Console, summary: Summary, *, shown_max: int) -> None:
    for invariant in sorted_names(summary.ledger.broken):
        console.print(f"  {invariant:<4}", end="")
        console.print("BROKEN  ", style="bold red", end="")
        runs = counted(summary.ledger.broken[invariant], "run")
        console.print(f" {TITLES.get(invariant, '')} (in {runs})", markup=False)
    ranked = summary.ledger.ranked(shown_max)
    for number, result in enumerate(ranked, start=1):
        console.print(f"  {number:>2}  {result.scenario} seed {result.seed}: {_what(result)}", markup=False)
        if report := summary.report_of(result):
            console.print(f"      report  {report}", markup=False)
        console.print(f"      again   {result.command}", markup=False)
    if more := len(summary.ledger.failing) - len(ranked):
        console.print(f"      and {more:,} more, in {summary.folder.path / 'summary.json'}", markup=False)


def _print_troubles(console: Console, summary: Summary) -> None:
    for repetition in summary.ledger.differences:
        console.print("  DIFFERENT", style="bold red", end="")
        console.print(f" {repetition.scenario} seed {repetition.seed}: {repetition.first_difference}", markup=False)
        folder = summary.folder.difference(repetition.task)
        if folder.exists():
            console.print(f"      both    {folder}", markup=False)
        console.print(f"      again   {repetition.command}", markup=False)
    if summary.canary is not None and summary.is_blind:
        console.print("  BLIND    ", style="bold red", end="")
        console.print(" a defect was planted, and nothing was found", markup=False)
        console.print(f"      again   {summary.canary.command}", markup=False)
    for result in summary.ledger.unfinished.values():
        console.print(f"  {result.validity.upper():<9}", style="bold red", end="")
        console.print(f" {result.scenario} seed {result.seed}: {result.note}", markup=False)
        console.print(f"      again   {result.command}", markup=False)


def _print_totals(console: Console, summary: Summary) -> None:
    ledger, wanted = summary.ledger, len(summary.plan)
    runs = counted(wanted, "run") if ledger.done == wanted else f"{ledger.done:,} of {counted(wanted, 'run')}"
    verdicts = ", ".join(f"{count:,} {validity}" for validity, count in sorted(ledger.validities.items(), reverse=True))
    scenarios = counted(len(summary.plan.scenarios), "scenario")
    console.print(f"  {scenarios}, seeds {summary.plan.seeds}: {runs}: {verdicts or 'none judged'}", markup=False)
    console.print(f"  performed twice: {ledger.repeated:,} · {counted(len(ledger.differences), 'difference')}")
    console.print(f"  faults that bit: {ledger.counts['faults']:,}")
    if summary.canary is not None and not summary.is_blind:
        console.print(
            f"  planted to be found, and found: {CANARY.id} ({', '.join(sorted_names(summary.canary.broken))})"
        )
    if ledger.done > summary.resumed:
        console.print(f"  {summary.seeds_per_hour:,} seeds/h · {format_duration(summary.wall_s)}")


def _headline(summary: Summary, exit_code: ExitCode) -> str:
    match exit_code:
        case ExitCode.HOLDS if summary.not_counted or summary.is_blind:
            return "nothing found that counts"
        case ExitCode.HOLDS:
            return "nothing found: every invariant holds in every run"
        case ExitCode.BROKEN:
            return _broken_headline(summary)
        case ExitCode.NOT_DETERMINISTIC:
            return "not deterministic: a run could not be repeated, so the others prove nothing"
        case ExitCode.INTERRUPTED:
            return "stopped before it was finished"
        case _:
            return "not finished: the machine failed"


def _broken_headline(summary: Summary) -> str:
    if summary.is_blind:
        return "blind: what was planted was not found, so the others prove nothing"
    if summary.ledger.broken:
        return f"found: {', '.join(sorted_names(summary.ledger.broken))} broken"
    return "unknown: not everything could be settled"


def _what(result: Result) -> str:
    first_s = seconds(result.first_breach_us)
    if first_s is None:
        return f"{result.validity} ({result.note})"
    return f"{', '.join(sorted_names(result.broken))} broken after {format_duration(first_s)}"
