"""`paystorm defects`."""

import resource
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from scenarios.cli.exit_codes import ExitCode
from scenarios.cli.options import AsJson, DatabaseUrl
from scenarios.cli.sweep import check_server, run_in_order
from scenarios.errors import InfrastructureFailed

if TYPE_CHECKING:
    from scenarios.campaign.matrix import Matrix
    from scenarios.campaign.trials import Trials
    from scenarios.defects import Defect

_MATRIX_HELP = "Plant each in a service of its own and see which invariant finds it, after how many seeds."

type WithMatrix = Annotated[bool, Parameter(name="--matrix", help=_MATRIX_HELP, negative="", show_default=False)]
type SeedRange = Annotated[str, Parameter(help="With --matrix: the seeds to try until something is found.")]
type Jobs = Annotated[
    int | None, Parameter(help="Runs at once; by default one per processor.", validator=Number(gte=1, lte=1_024))
]
type Only = Annotated[
    Sequence[str], Parameter(help="These defects alone.", negative="", show_default=False, consume_multiple=True)
]
type MatrixFolder = Annotated[
    Path | None, Parameter(help="The folder to write, or to go on with; by default `runs/sweep-defects-A-B`.")
]


def defects(
    *,
    matrix: WithMatrix = False,
    seeds: SeedRange = "1..200",
    jobs: Jobs = None,
    only: Only = (),
    out: MatrixFolder = None,
    as_json: AsJson = False,
    database_url: DatabaseUrl = None,
) -> ExitCode:
    """List the bugs that can be planted, or prove that the judge finds every one of them and accuses nobody else.

    The matrix tries each defect in its habitat, seed after seed, until an invariant breaks; then the sound system in
    the same habitat with the same seeds. It ends with 1 if a defect survived or the sound system was accused. After
    Ctrl-C the same command goes on where it stopped.
    """
    from scenarios.cli.defects_output import print_defects, print_matrix

    chosen = _chosen(only)
    if not matrix:
        print_defects(chosen, json=as_json)
        return ExitCode.HOLDS
    tried = _tried(chosen, seeds=seeds, jobs=jobs, out=out, database_url=database_url)
    code = _exit_code(tried)
    _write(tried)
    command = _command(seeds=seeds, only=only, out=out)
    print_matrix(tried.matrix, folder=tried.folder, command=command, exit_code=code, json=as_json)
    if tried.failure is not None:
        raise tried.failure
    return code


@dataclass(frozen=True, kw_only=True, slots=True)
class _Tried:
    """What came of the trials."""

    trials: "Trials"
    matrix: "Matrix"
    folder: Path
    failure: InfrastructureFailed | None


def _chosen(only: Sequence[str]) -> tuple["Defect", ...]:
    from scenarios.defects import DEFECTS, find_defect

    wanted = {find_defect(name).id for name in only} or DEFECTS.keys()
    return tuple(defect for defect in DEFECTS.values() if defect.id in wanted)


def _tried(
    chosen: Sequence["Defect"], *, seeds: str, jobs: int | None, out: Path | None, database_url: str | None
) -> _Tried:
    from scenarios.campaign.folder import SweepFolder
    from scenarios.campaign.local import local_backend
    from scenarios.campaign.matrix import Matrix
    from scenarios.campaign.seeds import Seeds
    from scenarios.campaign.trials import Trials, plan_of
    from scenarios.cli.defects_output import MatrixProgress

    plan, cpu_before_s = plan_of(chosen, seeds=Seeds.parse(seeds)), _cpu_s()
    check_server(database_url)
    with SweepFolder.claim(out, plan=plan) as folder:
        with local_backend(jobs) as backend:
            progress = MatrixProgress()
            trials = Trials(
                chosen, plan=plan, folder=folder, backend=backend, watcher=progress, database_url=database_url
            )
            failure = run_in_order(trials, progress)
        matrix = Matrix(rows=trials.rows, cpu_s=_cpu_s() - cpu_before_s)
    return _Tried(trials=trials, matrix=matrix, folder=folder.path, failure=failure)


def _write(tried: _Tried) -> None:
    """Write the matrix down for programs, and the page about it."""
    from reports.kill_matrix import write_matrix

    tried.matrix.write(tried.folder)
    write_matrix(tried.folder)


def _exit_code(tried: _Tried) -> ExitCode:
    """Return what weighs most, as a sweep does."""
    from scenarios.campaign.matrix import Fate

    trials, matrix = tried.trials, tried.matrix
    if trials.is_interrupted:
        return ExitCode.INTERRUPTED
    if any(result.validity == "escaped" for result in trials.unfinished):
        return ExitCode.NOT_DETERMINISTIC
    if tried.failure is not None or not trials.is_complete:
        return ExitCode.INFRASTRUCTURE_FAILED
    return ExitCode.BROKEN if matrix.with_fate(Fate.SURVIVED) or matrix.accused else ExitCode.HOLDS


def _command(*, seeds: str, only: Sequence[str], out: Path | None) -> str:
    """Return the command that goes on with this matrix."""
    words = ["paystorm", "defects", "--matrix", "--seeds", seeds]
    words += ["--only", *only] if only else []
    words += ["--out", str(out)] if out is not None else []
    return shlex.join(words)


def _cpu_s() -> float:
    """Return the seconds of the processor that this process and all that it has waited for have used."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)
