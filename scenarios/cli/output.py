"""What the commands print: progress on standard error, results on standard output."""

from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn, TimeElapsedColumn

from reports.scoring import tell_score
from reports.thresholds import Standing
from reports.verdict import CheckResult, Validity, Verdict
from scenarios.cli.bar import ProgressDisplay
from scenarios.cli.exit_codes import ExitCode
from scenarios.judgement import Judgement
from scenarios.progress import Progress
from scenarios.repetition import Repetition
from scenarios.swarm import Swarm

_WORDS = {Validity.VALID: "holds", Validity.UNKNOWN: "unknown", Validity.INVALID: "BROKEN", None: "skipped"}
_UNTRIED = "untried"  # it holds, because nothing happened that could have broken it
_STYLES = {Validity.VALID: "green", Validity.UNKNOWN: "yellow", Validity.INVALID: "bold red", None: "dim"}
_STANDING_STYLES = {Standing.MET: "green", Standing.MISSED: "bold red", Standing.UNMEASURED: "yellow"}


class ProgressBar(ProgressDisplay):
    """A bar in the run's own time; silent where nobody watches."""

    def __init__(self, *, description: str) -> None:
        super().__init__(
            TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[status]}"), TimeElapsedColumn()
        )
        self._task: TaskID = self._bar.add_task(description, total=None, status="setting up")

    def progress(self, progress: Progress) -> None:
        """Move the bar."""
        status = (
            f"{progress.phase} · {format_duration(progress.elapsed_s)} of {format_duration(progress.total_s)}"
            f" · {progress.customers_done} customers done · {progress.faults} faults bit"
        )
        self._bar.update(self._task, total=progress.total_s, completed=progress.elapsed_s, status=status)


def print_judgement(judgement: Judgement, *, json: bool) -> ExitCode:
    """Print a verdict and where to read on; return the exit code that says the same."""
    if json:
        print(judgement.verdict.to_json(), end="")
    else:
        _print_verdict(Console(highlight=False, soft_wrap=True), judgement)
    return ExitCode.HOLDS if judgement.verdict.passes else ExitCode.BROKEN


def print_swarm(swarm: Swarm) -> None:
    """Print what a seed drew, one change a line, as `--set` takes it."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    for key, value in swarm.changes.items():
        console.print(f"swarm   {key}={value}", style="dim", markup=False)


def print_comparison(repetition: Repetition) -> None:
    """Print whether a repeated run was the same."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    if repetition.is_equal:
        console.print(f"same run: {repetition.digests[0]}", markup=False)
    else:
        pairs = (repetition.digests, repetition.timelines)
        parted = next(pair for pair in pairs if pair[0] != pair[1])
        console.print(f"another run: {' is not '.join(parted)}", style="bold red", markup=False)
        console.print(f"first difference: {repetition.first_difference}", markup=False)


def format_duration(seconds: float) -> str:
    """Return a duration as a person would say it."""
    if seconds < 100:  # noqa: PLR2004 - below, seconds read better than minutes
        return f"{seconds:.0f} s"
    minutes, hours = seconds / 60, seconds / 3600
    return f"{minutes:.0f} min" if minutes < 100 else f"{hours:.1f} h"  # noqa: PLR2004


def _print_verdict(console: Console, judgement: Judgement) -> None:
    verdict = judgement.verdict
    for check in verdict.checks:
        console.print(f"  {check.id:<4}", end="")
        word = _UNTRIED if check.saw_nothing else _WORDS[check.validity]
        console.print(f"{word:<8}", style="dim" if check.saw_nothing else _STYLES[check.validity], end="")
        console.print(f" {check.title} ({check.examined:,} {check.unit})", markup=False)
        _print_details(console, check)
    for note in verdict.notes:
        console.print(f"  note: {note}", markup=False)
    for figure in judgement.figures:
        console.print(f"  {figure.label}: {' · '.join(figure.values) or 'none'}", markup=False)
    _print_thresholds(console, verdict)
    console.print(verdict.summary, markup=False)
    for shortfall in verdict.not_counted:
        console.print(f"not counted (--fail-on {verdict.fail_on}): {shortfall}", style="yellow", markup=False)
    style = _STYLES[verdict.validity] if verdict.validity is not Validity.VALID or verdict.passes else "bold red"
    console.print(_headline(verdict), style=style, markup=False)
    console.print(f"report  {_shown(judgement.folder / 'report.html')}", markup=False)
    if verdict.mode == "virtual":  # real time never repeats
        console.print(f"replay  paystorm replay {_shown(judgement.folder)}", markup=False)
    console.print(f"again   {verdict.command}", markup=False)


def _print_thresholds(console: Console, verdict: Verdict) -> None:
    for result in verdict.thresholds:
        console.print(f"  {result.standing.value:<10}", style=_STANDING_STYLES[result.standing], end="")
        console.print(f" {result.threshold}: {result.sentence}", markup=False)


def _print_details(console: Console, check: CheckResult) -> None:
    if check.finding is not None:
        console.print(f"       {check.finding.sentence}", markup=False)
        worst = check.finding.worst
        console.print(f"       worst: {worst.what} ({worst.payment_id or worst.order_id})", markup=False)
    for score in check.scores:
        console.print(f"       {tell_score(score)}", markup=False)
    for note in check.notes:
        console.print(f"       {note}", markup=False)


def _headline(verdict: Verdict) -> str:
    not_met = sum(not result.is_met for result in verdict.thresholds)
    bars = f"; {not_met} of {len(verdict.thresholds)} thresholds not met" if not_met else ""
    match verdict.validity:
        case Validity.VALID:
            return f"verdict valid: every invariant holds{bars}"
        case Validity.UNKNOWN:
            return f"verdict unknown: not everything could be settled{bars}"
        case Validity.INVALID:
            broken = [check.id for check in verdict.checks if check.validity is Validity.INVALID]
            return f"verdict invalid: {', '.join(broken)} broken{bars}"


def _shown(path: Path) -> str:
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)
