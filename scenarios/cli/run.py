"""`paystorm run`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter


def run(
    name: str,
    /,
    *,
    seed: Annotated[int, Parameter(name=["--seed", "-s"])] = 1,
    customers: int | None = None,
    out: Path | None = None,
    set_: Annotated[tuple[str, ...], Parameter(name="--set", negative="", consume_multiple=False)] = (),
    json: Annotated[bool, Parameter(negative="")] = False,
    database_url: str | None = None,
) -> int:
    """Run a scenario in virtual time on a real PostgreSQL, judge what happened and write a report.

    The same scenario and seed always give the same run, to the last byte.

    Parameters
    ----------
    name
        The scenario; `paystorm list` shows them.
    seed
        Everything random follows from it.
    customers
        How many customers come (default: what the scenario says).
    out
        The run folder to write (default: runs/NAME-SEED, numbered if it exists).
    set_
        Change a setting of the scenario, as often as you like: `--set storm_s=600`,
        `--set faults.webhook-lost.probability=0.9`, `--set service.worker_period_s=30`.
    json
        Print the verdict as JSON instead of text.
    database_url
        Use this PostgreSQL server instead of the embedded one; a database of its own is created and dropped there.
    """
    from scenarios.cli.output import Announcer
    from scenarios.cli.settings import parse_changes
    from scenarios.library import find_scenario
    from scenarios.run_virtual import run_and_judge

    changes = parse_changes(set_) | ({} if customers is None else {"customers": str(customers)})
    scenario = find_scenario(name).with_changes(changes)
    with Announcer(json=json) as announcer:
        outcome = run_and_judge(scenario, seed=seed, out=out, database_url=database_url, announcer=announcer)
        return announcer.verdict(outcome)
