"""`paystorm run`."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from reports.fail_on import EVERYTHING
from scenarios.cli.conclusion import conclude
from scenarios.cli.exit_codes import ExitCode
from scenarios.cli.options import (
    AsJson,
    DatabaseUrl,
    DefectName,
    FailsOn,
    Out,
    ScenarioName,
    Seed,
    Thresholds,
    parse_changes,
)

if TYPE_CHECKING:
    from scenarios.choices import Recorder
    from scenarios.recording import Recording
    from scenarios.spec import Scenario

_SET_HELP = """\
Change a setting of the scenario, as often as you like: `--set storm_s=600`,
`--set faults.webhook-lost.probability=0.9`, `--set service.worker_period_s=30`.
"""
_STANDARD_HELP = "At the size of a sweep's run: few customers, a storm of a minute, nothing kept back for long."
_SWARM_HELP = """\
Let the seed draw which faults exist, how hard they hit and which delays are long. What it drew is printed as `--set`
would take it; what you set yourself stays.
"""
_TAPE_HELP = "Record every seeded decision in the run folder, as `choices.jsonl`."

type Customers = Annotated[int | None, Parameter(help="How many come; by default as many as the scenario says.")]
type Changes = Annotated[Sequence[str], Parameter(name="--set", help=_SET_HELP, negative="", show_default=False)]
type AtStandardSize = Annotated[bool, Parameter(help=_STANDARD_HELP, negative="", show_default=False)]
type WithSwarm = Annotated[bool, Parameter(name="--swarm", help=_SWARM_HELP, negative="", show_default=False)]
type WithTape = Annotated[bool, Parameter(name="--tape", help=_TAPE_HELP, negative="", show_default=False)]


def run(
    name: ScenarioName,
    /,
    *,
    seed: Seed = 1,
    customers: Customers = None,
    defect: DefectName = None,
    set_: Changes = (),
    standard: AtStandardSize = False,
    swarm: WithSwarm = False,
    tape: WithTape = False,
    thresholds: Thresholds = (),
    fail_on: FailsOn = EVERYTHING,
    out: Out = None,
    as_json: AsJson = False,
    database_url: DatabaseUrl = None,
) -> ExitCode:
    """Run a scenario in virtual time on a real PostgreSQL, judge what happened and write a report.

    The same scenario and seed always give the same run, to the last byte.
    """
    from scenarios.choices import Recorder
    from scenarios.cli.output import ProgressBar, print_swarm
    from scenarios.database import database_server
    from scenarios.processor import processor_of_our_own
    from scenarios.run_command import run_command
    from scenarios.run_folder import folder_for_run
    from scenarios.swarm import NO_SWARM, draw_swarm
    from scenarios.virtual.stage import Stage

    changes = _changes(customers=customers, defect=defect, others=set_)
    scenario = _sized(name, standard=standard).with_changes(changes)
    drawn = draw_swarm(scenario, seed, fixed=changes) if swarm else NO_SWARM
    scenario = scenario.with_changes(drawn.changes)
    command = run_command(name, seed=seed, changes=changes, is_standard=standard, has_swarm=swarm)
    print_swarm(drawn)
    recorder = Recorder() if tape else None
    with folder_for_run(out, scenario=scenario.name, seed=seed) as folder:
        with (
            processor_of_our_own(),
            database_server(database_url) as server,
            Stage(server) as stage,
            ProgressBar(description=f"{scenario.name} seed {seed}") as bar,
        ):
            recording = stage.perform(
                scenario, seed=seed, command=command, listener=bar, swarm=drawn.values, tape=recorder
            )
        _write(recording, recorder, folder)
        return conclude(folder, thresholds=thresholds, fail_on=fail_on, as_json=as_json)


def _write(recording: "Recording", recorder: "Recorder | None", folder: Path) -> None:
    from scenarios.choices import TAPE, write_tape

    recording.write(folder)
    if recorder is not None:
        write_tape(recorder.choices, folder / TAPE)


def _sized(name: str, *, standard: bool) -> "Scenario":
    from scenarios.campaign.standard import standard as standard_size
    from scenarios.library import find_scenario

    scenario = find_scenario(name)
    return standard_size(scenario) if standard else scenario


def _changes(*, customers: int | None, defect: str | None, others: Sequence[str]) -> dict[str, str]:
    from scenarios.defects import find_defect

    changes = parse_changes(others)
    if customers is not None:
        changes["customers"] = str(customers)
    if defect is not None:
        changes["defect"] = find_defect(defect).id
    return changes
