"""`paystorm sweep`."""

import shlex
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Protocol

from cyclopts import Parameter
from cyclopts.validators import Number

from reports.fail_on import EVERYTHING, FailOn
from scenarios.cli.exit_codes import ExitCode
from scenarios.cli.options import AsJson, DatabaseUrl, DefectName, FailsOn, parse_changes
from scenarios.cli.run import Changes
from scenarios.errors import BadInput, InfrastructureFailed

if TYPE_CHECKING:
    from scenarios.campaign.backends import Backend
    from scenarios.campaign.folder import SweepFolder
    from scenarios.campaign.orders import Order
    from scenarios.campaign.plan import Plan
    from scenarios.campaign.summary import Summary
    from scenarios.campaign.sweep import Sweep

_NO_SWARM_HELP = """\
Take the scenarios as they are; by default each seed draws which faults exist, how hard they hit and which delays are
long.
"""
_CANARY_HELP = "Leave out the run in which a known defect is planted, and must be found."
_OUT_HELP = "The folder to write, or to go on with; by default `runs/sweep-NAME-A-B`."

_NAMES_HELP = """\
The scenarios: names that `paystorm list` shows, files such as `storm.toml`, or `all` that a sound service survives.
"""

type Names = Annotated[str, Parameter(help=_NAMES_HELP)]
type SeedRange = Annotated[str, Parameter(help="The seeds to try: `7`, or `1..1000`.")]
type Jobs = Annotated[
    int | None, Parameter(help="Runs at once; by default one per processor.", validator=Number(gte=1, lte=1_024))
]
type BackendName = Annotated[
    Literal["loky", "dask"], Parameter(help="Who performs: processes of this machine, or the workers of a cluster.")
]
type Scheduler = Annotated[str | None, Parameter(help="Where Dask's scheduler listens: `tcp://HOST:8786`.")]
type Customers = Annotated[int | None, Parameter(help="How many come in a run; few by default, for many seeds' sake.")]
type NoSwarm = Annotated[bool, Parameter(name="--no-swarm", help=_NO_SWARM_HELP, negative="", show_default=False)]
type Share = Annotated[float, Parameter(help="The share of runs to perform twice.", validator=Number(gte=0, lte=1))]
type NoCanary = Annotated[bool, Parameter(name="--no-canary", help=_CANARY_HELP, negative="", show_default=False)]
type Kept = Annotated[int, Parameter(help="How many failing runs keep their evidence.", validator=Number(gte=0))]
type SweepFolderPath = Annotated[Path | None, Parameter(help=_OUT_HELP)]


def sweep(
    *names: Names,
    seeds: SeedRange,
    jobs: Jobs = None,
    backend: BackendName = "loky",
    scheduler: Scheduler = None,
    customers: Customers = None,
    defect: DefectName = None,
    set_: Changes = (),
    no_swarm: NoSwarm = False,
    repeat: Share = 0.05,
    no_canary: NoCanary = False,
    keep: Kept = 10,
    fail_on: FailsOn = EVERYTHING,
    out: SweepFolderPath = None,
    as_json: AsJson = False,
    database_url: DatabaseUrl = None,
) -> ExitCode:
    """Try many seeds of one scenario, of several or of `all`, and rank those that break an invariant.

    The runs are small and many. Some are performed twice, in two processes, and must be the same to the last byte. What
    is found is written down at once: after Ctrl-C the same command goes on where it stopped. In one run more a known
    defect is planted, and if nothing is found there, the judge has gone blind and the rest proves nothing.
    """
    from scenarios.campaign.folder import SweepFolder
    from scenarios.campaign.sweep import Sweep
    from scenarios.cli.sweep_output import SweepProgress

    _check(fail_on)
    changes = changes_of(customers=customers, defect=defect, others=set_)
    plan = _plan(names, seeds, changes=changes, has_swarm=not no_swarm, repeated_share=repeat)
    check_server(database_url)
    started_s = time.monotonic()
    with _backend(backend, jobs=jobs, scheduler=scheduler) as performers, SweepFolder.claim(out, plan=plan) as folder:
        bar, canary = SweepProgress(plan, folder=folder), _canary(changes, is_unwanted=no_canary)
        sweep = Sweep(
            plan,
            folder=folder,
            backend=performers,
            watcher=bar,
            database_url=database_url,
            kept_max=keep,
            canary=canary,
        )
        failure = run_in_order(sweep, bar)
        _write_reports(sweep, folder, at_most=keep)
    command = _command(plan, out=out, scheduler=scheduler, fail_on=fail_on)
    summary = _summary(sweep, folder, command=command, since_s=started_s, jobs=performers.jobs, fail_on=fail_on)
    return _conclude(summary, _exit_code(sweep, failure, passes=summary.passes), failure, as_json=as_json, kept=keep)


def _check(fail_on: FailOn) -> None:
    if fail_on.words == ("thresholds",):
        raise BadInput("--fail-on thresholds: a sweep has none; the runs are too small for them, so name a run instead")


def _plan(
    names: Sequence[str], seeds: str, *, changes: Mapping[str, str], has_swarm: bool, repeated_share: float
) -> "Plan":
    from scenarios.campaign.plan import Plan
    from scenarios.campaign.seeds import Seeds

    if not names:
        raise BadInput("which scenarios? name some, or say `all`; `paystorm list` shows them")
    return Plan.make(
        names, seeds=Seeds.parse(seeds), changes=changes, has_swarm=has_swarm, repeated_share=repeated_share
    )


def _canary(changes: Mapping[str, str], *, is_unwanted: bool) -> "Order | None":
    """Return the run that must be found out; none where another defect is planted already."""
    from scenarios.campaign.canary import canary_order

    return None if is_unwanted or "defect" in changes else canary_order()


def check_server(url: str | None) -> None:
    """Refuse a server that cannot be used: better here than by every process."""
    from scenarios.database import database_server

    if url is not None:
        with database_server(url):
            pass


class Runnable(Protocol):
    """Something long that can be stopped in order."""

    def run(self) -> None:
        """Do it all."""
        ...

    def interrupt(self) -> None:
        """Begin nothing new."""
        ...


class Bar(AbstractContextManager[object], Protocol):
    """What is shown meanwhile."""

    def tell_stopping(self) -> None:
        """Say that Ctrl-C was heard."""
        ...


def run_in_order(runnable: Runnable, progress: Bar) -> InfrastructureFailed | None:
    """Let it run; the first Ctrl-C stops it in order, the second one at once."""
    from scenarios.interrupts import first_interrupt_handled_by

    def interrupt() -> None:
        runnable.interrupt()
        progress.tell_stopping()

    with progress, first_interrupt_handled_by(interrupt):
        try:
            runnable.run()
        except InfrastructureFailed as failure:
            return failure
        except KeyboardInterrupt:
            pass  # the second one: what was under way is lost, and what was found is not
    return None


def _write_reports(sweep: "Sweep", folder: "SweepFolder", *, at_most: int) -> None:
    if sweep.ledger.failing:
        from scenarios.campaign.reporting import write_reports  # which imports all that draws

        write_reports(sweep.ledger, folder, at_most=at_most)


def _summary(
    sweep: "Sweep", folder: "SweepFolder", *, command: str, since_s: float, jobs: int, fail_on: FailOn
) -> "Summary":
    from scenarios.campaign.summary import Summary

    return Summary(
        plan=sweep.plan,
        ledger=sweep.ledger,
        folder=folder,
        command=command,
        is_complete=sweep.is_complete,
        canary=sweep.canary,
        resumed=sweep.resumed,
        wall_s=time.monotonic() - since_s,
        jobs=jobs,
        fail_on=fail_on,
    )


def _conclude(
    summary: "Summary", code: ExitCode, failure: InfrastructureFailed | None, *, as_json: bool, kept: int
) -> ExitCode:
    """Write the summary down, the page about it and what build servers read; what let the machine down is said last."""
    from reports.campaign import write_campaign
    from scenarios.campaign.junit import to_junit
    from scenarios.cli.sweep_output import print_summary

    summary.folder.write_summary(summary.to_plain(exit_code=code))
    write_campaign(summary.folder.path)
    summary.folder.write_junit(to_junit(summary))
    print_summary(summary, exit_code=code, json=as_json, shown_max=kept)
    if failure is not None:
        raise failure
    return code


def _exit_code(sweep: "Sweep", failure: InfrastructureFailed | None, *, passes: bool) -> ExitCode:
    """Return what weighs most: whoever reads only the number must not miss that the others mean little."""
    ledger = sweep.ledger
    if sweep.is_interrupted:
        return ExitCode.INTERRUPTED
    if ledger.differences or any(result.validity == "escaped" for result in ledger.unfinished.values()):
        return ExitCode.NOT_DETERMINISTIC
    if failure is not None or not sweep.is_complete:
        return ExitCode.INFRASTRUCTURE_FAILED
    return ExitCode.HOLDS if passes else ExitCode.BROKEN


def _backend(name: str, *, jobs: int | None, scheduler: str | None) -> "AbstractContextManager[Backend]":
    if name == "dask":
        return _cluster(jobs=jobs, scheduler=scheduler)
    if scheduler is not None:
        raise BadInput("--scheduler is for --backend dask")
    from scenarios.campaign.local import local_backend

    return local_backend(jobs)


def _cluster(*, jobs: int | None, scheduler: str | None) -> "AbstractContextManager[Backend]":
    if scheduler is None:
        raise BadInput("--backend dask needs --scheduler, such as --scheduler tcp://127.0.0.1:8786")
    if jobs is not None:
        raise BadInput("--jobs is for this machine; on a cluster, each thread of a worker is a job")
    try:
        from scenarios.campaign.cluster import cluster_backend
    except ImportError:
        raise BadInput("--backend dask needs Dask, which is not installed: pip install 'paystorm[cluster]'") from None
    return cluster_backend(scheduler)


def _command(plan: "Plan", *, out: Path | None, scheduler: str | None, fail_on: FailOn) -> str:
    """Return the command that goes on with this sweep, without what makes no difference to its results."""
    words = ["paystorm", "sweep", *plan.names, "--seeds", str(plan.seeds)]
    for key, value in plan.changes.items():
        words += [f"--{key}", value] if key in {"customers", "defect"} else ["--set", f"{key}={value}"]
    if not plan.has_swarm:
        words += ["--no-swarm"]
    if scheduler is not None:
        words += ["--backend", "dask", "--scheduler", scheduler]
    if fail_on != EVERYTHING:
        words += ["--fail-on", str(fail_on)]
    if out is not None:
        words += ["--out", str(out)]
    return shlex.join(words)


def changes_of(*, customers: int | None, defect: str | None, others: Sequence[str]) -> dict[str, str]:
    """Return what was set by hand, by dotted key."""
    changes = parse_changes(others)
    if customers is not None:
        changes["customers"] = str(customers)
    if defect is not None:
        changes["defect"] = defect
    return changes
