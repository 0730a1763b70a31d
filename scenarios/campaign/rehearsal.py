"""Single runs for somebody whose own process must not be taken hold of, such as a test or a notebook.

Each run takes place in a playhouse that stays open for the next one; what it left behind is written into a folder. The
runs are those of a sweep: the same scenario, seed and settings have the same evidence there, to the last byte.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from scenarios.campaign.folder import write_files
from scenarios.campaign.orders import TIMELINE, Chunk, Outcome
from scenarios.campaign.plan import Plan
from scenarios.campaign.results import Result, Task
from scenarios.campaign.seeds import Seeds
from scenarios.campaign.stagehand import close_playhouses, perform_chunk
from scenarios.errors import InfrastructureFailed
from scenarios.virtual.errors import Escaped

__all__ = ["close_playhouses", "plan_one", "rehearse"]


def plan_one(name: str, *, changes: Mapping[str, str], has_swarm: bool = False) -> Plan:
    """Return the plan of one scenario, whatever the seed.

    Raises:
        BadInput: The scenario, a setting or the defect does not exist, or the file is no scenario.
    """
    return Plan.make([name], seeds=Seeds(0, 0), changes=changes, has_swarm=has_swarm, repeated_share=0)


def rehearse(plan: Plan, seed: int, *, out: Path) -> Result:
    """Perform a run, write its evidence into the folder `out` and return what the judge says of it.

    Raises:
        BadInput: The plan cannot be performed.
        Escaped: The run left the simulated world.
        InfrastructureFailed: The machine let it down.
    """
    order = replace(plan.order(Task(plan.scenarios[0].name, seed)), wants_files=True)
    report = perform_chunk(Chunk(orders=(order,), code=plan.code, database_url=None))
    if report.failure is not None:
        raise report.failure
    (outcome,) = report.outcomes
    _write(outcome, out)
    return outcome.result


def _write(outcome: Outcome, out: Path) -> None:
    result = outcome.result
    if result.validity == "escaped":
        raise Escaped(result.note)
    if outcome.files is None:
        raise InfrastructureFailed(f"{result.scenario} seed {result.seed} could not be performed: {result.note}")
    out.parent.mkdir(parents=True, exist_ok=True)
    write_files({name: content for name, content in outcome.files.items() if name != TIMELINE}, out)
