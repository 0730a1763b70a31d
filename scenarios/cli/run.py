"""`paystorm run`."""

import shlex
from collections.abc import Sequence
from typing import Annotated

from cyclopts import Parameter

from scenarios.cli.exit_codes import ExitCode
from scenarios.cli.options import AsJson, DatabaseUrl, Out, ScenarioName, Seed, parse_changes

_SET_HELP = """\
Change a setting of the scenario, as often as you like: `--set storm_s=600`,
`--set faults.webhook-lost.probability=0.9`, `--set service.worker_period_s=30`.
"""
_DEFECT_HELP = "Plant this bug in the service and see it found; `paystorm list` shows them."

type Customers = Annotated[int | None, Parameter(help="How many come; by default as many as the scenario says.")]
type Changes = Annotated[Sequence[str], Parameter(name="--set", help=_SET_HELP, negative="", show_default=False)]
type DefectName = Annotated[str | None, Parameter(help=_DEFECT_HELP)]


def run(
    name: ScenarioName,
    /,
    *,
    seed: Seed = 1,
    customers: Customers = None,
    defect: DefectName = None,
    set_: Changes = (),
    out: Out = None,
    as_json: AsJson = False,
    database_url: DatabaseUrl = None,
) -> ExitCode:
    """Run a scenario in virtual time on a real PostgreSQL, judge what happened and write a report.

    The same scenario and seed always give the same run, to the last byte.
    """
    from scenarios.cli.output import ProgressBar, print_judgement
    from scenarios.database import database_server
    from scenarios.judgement import judge_folder
    from scenarios.library import find_scenario
    from scenarios.run_folder import choose_folder
    from scenarios.virtual.runner import run_virtually

    changes = _changes(customers=customers, defect=defect, others=set_)
    scenario = find_scenario(name).with_changes(changes)
    command = _command(name, seed=seed, customers=customers, defect=defect, changes=set_)
    folder = choose_folder(out, scenario=name, seed=seed)
    with database_server(database_url) as server, ProgressBar(description=f"{name} seed {seed}") as bar:
        recording = run_virtually(scenario, seed=seed, server=server, command=command, listener=bar)
    recording.write(folder)
    return print_judgement(judge_folder(folder), json=as_json)


def _changes(*, customers: int | None, defect: str | None, others: Sequence[str]) -> dict[str, str]:
    from scenarios.defects import find_defect

    changes = parse_changes(others)
    if customers is not None:
        changes["customers"] = str(customers)
    if defect is not None:
        changes["defect"] = find_defect(defect).id
    return changes


def _command(name: str, *, seed: int, customers: int | None, defect: str | None, changes: Sequence[str]) -> str:
    """Return the command that has this run again, without what does not change it."""
    words = ["paystorm", "run", name, "--seed", str(seed)]
    if customers is not None:
        words += ["--customers", str(customers)]
    if defect is not None:
        words += ["--defect", defect]
    for change in changes:
        words += ["--set", change]
    return shlex.join(words)
