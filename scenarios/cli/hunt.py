"""`paystorm hunt`."""

import shlex
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from scenarios.cli.exit_codes import ExitCode
from scenarios.cli.options import AsJson, DatabaseUrl, DefectName
from scenarios.cli.run import Changes
from scenarios.cli.sweep import Customers, Jobs, Names, changes_of, check_server, run_in_order
from scenarios.errors import BadInput, InfrastructureFailed

if TYPE_CHECKING:
    from scenarios.hunting import Hunt, HuntFolder, HuntPlan

_S_PER_MINUTE = 60
_MINUTES = 5.0
_RUNS_HELP = "Hunt for so many runs instead: then the same command always finds the same, on any machine."
_SEED_HELP = "Where the hunt begins: all candidates follow from it and from what the runs before them reached."
_KEEP_GOING_HELP = "Go on after the first finding."
_OUT_HELP = "The folder to write, or to go on with; by default `runs/hunt-NAME-SEED`."

type Minutes = Annotated[
    float | None, Parameter(help="Hunt for so long; 5 by default.", validator=Number(gt=0, lte=100_000))
]
type Runs = Annotated[int | None, Parameter(help=_RUNS_HELP, validator=Number(gte=1))]
type HuntSeed = Annotated[int, Parameter(help=_SEED_HELP, validator=Number(gte=0, lt=2**63))]
type KeepGoing = Annotated[bool, Parameter(help=_KEEP_GOING_HELP, negative="", show_default=False)]
type HuntFolderPath = Annotated[Path | None, Parameter(help=_OUT_HELP)]


def hunt(
    *names: Names,
    minutes: Minutes = None,
    runs: Runs = None,
    seed: HuntSeed = 1,
    jobs: Jobs = None,
    customers: Customers = None,
    defect: DefectName = None,
    set_: Changes = (),
    keep_going: KeepGoing = False,
    out: HuntFolderPath = None,
    as_json: AsJson = False,
    database_url: DatabaseUrl = None,
) -> ExitCode:
    """Look for a run that breaks something, where trying one seed after the other would take too long.

    A hunt varies the runs that reached what few others have: a line of the service, a step after a fault, two requests
    at once. It makes faults harder, brings in customers and faults of other scenarios, and decides single draws
    otherwise. It stops at the first finding; `paystorm shrink` then says what little it takes. After Ctrl-C the same
    command goes on where it stopped.
    """
    from scenarios.campaign.local import local_backend
    from scenarios.cli.hunt_output import HuntProgress, print_hunt
    from scenarios.hunting import Hunt, HuntFolder
    from scenarios.hunting.summary import to_plain

    changes = changes_of(customers=customers, defect=defect, others=set_)
    plan, is_over = _plan(names, seed=seed, changes=changes), _budget(minutes, runs)
    check_server(database_url)
    bar, started_s = HuntProgress(plan.name, runs=runs), time.monotonic()
    with local_backend(jobs) as backend, HuntFolder.claim(out, plan=plan) as folder:
        hunting = Hunt(
            plan,
            folder=folder,
            backend=backend,
            watcher=bar,
            is_over=is_over,
            keeps_going=keep_going,
            database_url=database_url,
        )
        failure = run_in_order(hunting, bar)
        _write_reports(folder)
    code, wall_s = _exit_code(hunting, failure), time.monotonic() - started_s
    command = _command(plan, minutes=minutes, runs=runs, out=out, keep_going=keep_going)
    summary = to_plain(hunting, folder, command=command, exit_code=code, wall_s=wall_s)
    folder.write_summary(summary)
    print_hunt(hunting, folder, summary, exit_code=code, json=as_json)
    if failure is not None:
        raise failure
    return code


def _plan(names: Sequence[str], *, seed: int, changes: Mapping[str, str]) -> "HuntPlan":
    from scenarios.hunting import HuntPlan

    if not names:
        raise BadInput("where to hunt? name some scenarios, or say `all`; `paystorm list` shows them")
    return HuntPlan.make(tuple(names), seed=seed, changes=changes)


def _budget(minutes: float | None, runs: int | None) -> Callable[[int], bool]:
    """Return what is asked whether it is over, given how many runs there were."""
    if runs is not None and minutes is not None:
        raise BadInput("--minutes or --runs, not both: a hunt has one budget")
    if runs is not None:
        return lambda done: done >= runs
    until_s = time.monotonic() + _S_PER_MINUTE * (_MINUTES if minutes is None else minutes)
    return lambda _done: time.monotonic() >= until_s


def _write_reports(folder: "HuntFolder") -> None:
    if kept := [path for path in folder.kept() if not (path / "report.html").exists()]:
        from scenarios.judgement import judge_folder  # which imports all that draws

        for path in kept:
            judge_folder(path)


def _exit_code(hunting: "Hunt", failure: InfrastructureFailed | None) -> ExitCode:
    """Return what weighs most, as a sweep does."""
    if hunting.is_interrupted:
        return ExitCode.INTERRUPTED
    if any(one.validity == "escaped" for one in hunting.unsettled):
        return ExitCode.NOT_DETERMINISTIC
    if failure is not None:
        return ExitCode.INFRASTRUCTURE_FAILED
    return ExitCode.BROKEN if hunting.findings or hunting.unsettled else ExitCode.HOLDS


def _command(plan: "HuntPlan", *, minutes: float | None, runs: int | None, out: Path | None, keep_going: bool) -> str:
    """Return the command that goes on with this hunt."""
    words = ["paystorm", "hunt", *plan.of_a_sweep.names, "--seed", str(plan.seed)]
    words += ["--minutes", f"{minutes:g}"] if minutes is not None else []
    words += ["--runs", str(runs)] if runs is not None else []
    for key, value in plan.changes.items():
        words += [f"--{key}", value] if key in {"customers", "defect"} else ["--set", f"{key}={value}"]
    words += ["--keep-going"] if keep_going else []
    words += ["--out", str(out)] if out is not None else []
    return shlex.join(words)
