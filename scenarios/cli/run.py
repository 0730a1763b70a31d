"""`paystorm run`."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from scenarios.cli.exit_codes import ExitCode
from scenarios.cli.settings import Seed


def run(
    name: str,
    /,
    *,
    seed: Seed = 1,
    customers: int | None = None,
    defect: str | None = None,
    set_: Annotated[Sequence[str], Parameter(name="--set", negative="", show_default=False)] = (),
    out: Path | None = None,
    json: Annotated[bool, Parameter(negative="", show_default=False)] = False,
    database_url: str | None = None,
) -> ExitCode:
    """Run a scenario in virtual time on a real PostgreSQL, judge what happened and write a report.

    The same scenario and seed always give the same run, to the last byte.

    Parameters
    ----------
    name
        The scenario; `paystorm list` shows them.
    seed
        Everything random follows from it.
    customers
        How many customers come; by default as many as the scenario says.
    defect
        Plant this bug in the service and see it found; `paystorm list` shows them.
    set_
        Change a setting of the scenario, as often as you like: `--set storm_s=600`,
        `--set faults.webhook-lost.probability=0.9`, `--set service.worker_period_s=30`.
    out
        The run folder to write; by default `runs/NAME-SEED`, numbered if it exists.
    json
        Print the verdict as JSON instead of text.
    database_url
        Use this PostgreSQL server instead of the embedded one. The run creates a database of its own there and drops
        it afterwards; nothing else is touched.
    """
    from scenarios.cli.output import ProgressBar, print_judgement
    from scenarios.cli.settings import parse_changes
    from scenarios.database import database_server
    from scenarios.defects import find_defect
    from scenarios.judgement import judge_folder
    from scenarios.library import find_scenario
    from scenarios.run_folder import choose_folder
    from scenarios.virtual.runner import run_virtually

    changes = parse_changes(set_)
    if customers is not None:
        changes["customers"] = str(customers)
    if defect is not None:
        changes["defect"] = find_defect(defect).id
    scenario = find_scenario(name).with_changes(changes)
    folder = choose_folder(out, scenario=name, seed=seed)
    with database_server(database_url) as server, ProgressBar(description=f"{name} seed {seed}") as bar:
        command = _command(name, seed=seed, customers=customers, defect=defect, changes=set_)
        recording = run_virtually(scenario, seed=seed, server=server, command=command, listener=bar)
    recording.write(folder)
    return print_judgement(judge_folder(folder), json=json)


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
