"""`paystorm shrink`."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from scenarios.cli.exit_codes import ExitCode
from scenarios.cli.options import DatabaseUrl, Out, RunFolder

if TYPE_CHECKING:
    from scenarios.repetition import Plan
    from scenarios.shrinking import Trial

_NAME_LENGTH_MAX = 50  # so that it is still a name with what is added
_INVARIANT_HELP = "What must stay broken, such as I1; by default the first that the run breaks."
_RUNS_HELP = "Perform at most so many runs; most take a tenth of a second or two."

type Invariant = Annotated[str | None, Parameter(help=_INVARIANT_HELP)]
type RunsMax = Annotated[int, Parameter(help=_RUNS_HELP, validator=Number(gte=1, lte=100_000))]


def shrink(
    folder: RunFolder,
    /,
    *,
    invariant: Invariant = None,
    runs_max: RunsMax = 1_000,
    out: Out = None,
    database_url: DatabaseUrl = None,
) -> ExitCode:
    """Find the smallest scenario that still breaks what a run has broken, and say what it takes.

    Faults, customers, strikes and settings are left out as long as the invariant stays broken; the promise is never
    made shorter. The smallest run is kept as a run folder like any other, with its scenario as a file. Ctrl-C keeps
    the smallest so far.
    """
    from scenarios.cli.output import print_judgement
    from scenarios.judgement import judge_folder
    from scenarios.repetition import plan_of
    from scenarios.run_folder import folder_for_run
    from scenarios.shrinking import what_it_takes

    plan = plan_of(folder)
    target = _target(folder, invariant)
    name = f"{plan.scenario.name[:_NAME_LENGTH_MAX]}-shrunk"
    with folder_for_run(out, scenario=name, seed=plan.seed) as kept:
        smallest = _smallest(plan, target, runs_max=runs_max, database_url=database_url)
        _keep(smallest, kept, file=kept / f"{name}.toml")
        code = print_judgement(judge_folder(kept), json=False)
    print(what_it_takes(smallest))
    return code


def _keep(smallest: "Trial", folder: Path, *, file: Path) -> None:
    """Write the run, and beside it the scenario as a file that has it again."""
    from scenarios.run_command import run_command
    from scenarios.scenario_text import to_toml

    command = run_command(str(file), seed=smallest.seed, changes={})
    replace(smallest.recording, command=command).write(folder)
    file.write_text(to_toml(smallest.scenario), encoding="utf-8")


def _target(folder: Path, invariant: str | None) -> str:
    """Return the invariant that must stay broken."""
    from reports.evidence import load_run
    from reports.verdict import judge
    from scenarios.errors import BadInput

    broken = [check.id for check in judge(load_run(folder)).checks if check.finding is not None]
    if not broken:
        raise BadInput(f"{folder}: this run breaks nothing, so there is nothing to shrink")
    if invariant is not None and invariant not in broken:
        raise BadInput(f"--invariant {invariant}: this run breaks {', '.join(broken)}")
    return invariant or broken[0]


def _smallest(plan: "Plan", target: str, *, runs_max: int, database_url: str | None) -> "Trial":
    from scenarios.cli.shrink_output import Countdown
    from scenarios.database import database_server
    from scenarios.errors import BadInput
    from scenarios.processor import processor_of_our_own
    from scenarios.shrinking import Oracle, shrink
    from scenarios.virtual.stage import Stage

    with (
        processor_of_our_own(),
        database_server(database_url) as server,
        Stage(server) as stage,
        Countdown(runs_max=runs_max) as countdown,
    ):
        oracle = Oracle(stage, invariants=(target,), runs_max=runs_max, watcher=countdown)
        found = shrink(plan.scenario, plan.seed, oracle)
    if found is None:
        raise BadInput(f"{plan.folder}: run again, this breaks {target} no more; the code has changed since")
    return found
