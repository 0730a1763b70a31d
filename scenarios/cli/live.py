"""`paystorm live`."""

import re
import shlex
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from reports.fail_on import EVERYTHING
from scenarios.cli.conclusion import conclude
from scenarios.cli.exit_codes import ExitCode
from scenarios.cli.options import AsJson, DatabaseUrl, DefectName, FailsOn, Out, ScenarioName, Seed, Thresholds
from scenarios.errors import BadInput

if TYPE_CHECKING:
    from scenarios.live.performance import Performed
    from scenarios.spec import Scenario

_DURATION_S = 30.0
_SOAK_KILL_EVERY_S, _SOAK_STOP_EVERY_S = 4.0, 12.0
_SOAK_CUSTOMERS_PER_S = 3
_UNITS_S = {"": 1, "s": 1, "m": 60, "h": 3_600}
_LONGEST_S = 86_400

_SPEED_HELP = """\
How many seconds of the story pass in one of ours, which says how often its faults strike; by default such that all of
it fits into the storm.
"""
_KILL_HELP = """\
Kill somebody every so many seconds on average, besides what the scenario does: 40 % service, 40 % workers, 20 %
PostgreSQL.
"""
_STOP_HELP = "Stop somebody with SIGSTOP every so many seconds, at times for longer than a lease, and let it go on."
_SOAK_HELP = """\
So long a storm, such as 10m, with a kill every 4 seconds and a stop every 12, and a look at the memory and descriptors
of every process: whose grow, fails.
"""

type Customers = Annotated[
    int | None,
    Parameter(
        name=["--customers", "--users"],
        help="How many come; by default as many as the scenario says, in a soak three a second.",
        validator=Number(gte=1, lte=1_000_000),
    ),
]
type Servers = Annotated[
    int | None,
    Parameter(help="How many answer customers; by default as the scenario says.", validator=Number(gte=1, lte=16)),
]
type Workers = Annotated[
    int | None,
    Parameter(help="How many do what is left to do; by default as the scenario says.", validator=Number(gte=1, lte=16)),
]
type Duration = Annotated[
    float | None, Parameter(help="Seconds of storm; by default 30.", validator=Number(gte=1, lte=_LONGEST_S))
]
type Speed = Annotated[float | None, Parameter(help=_SPEED_HELP, validator=Number(gt=0, lte=1e6))]
type KillEvery = Annotated[float | None, Parameter(help=_KILL_HELP, validator=Number(gte=0.5, lte=_LONGEST_S))]
type StopEvery = Annotated[float | None, Parameter(help=_STOP_HELP, validator=Number(gte=0.5, lte=_LONGEST_S))]
type Soak = Annotated[str | None, Parameter(help=_SOAK_HELP)]


def live(
    name: ScenarioName,
    /,
    *,
    service_processes: Servers = None,
    workers: Workers = None,
    duration: Duration = None,
    speed: Speed = None,
    customers: Customers = None,
    kill_every: KillEvery = None,
    stop_every: StopEvery = None,
    soak: Soak = None,
    seed: Seed = 1,
    defect: DefectName = None,
    out: Out = None,
    thresholds: Thresholds = (),
    fail_on: FailsOn = EVERYTHING,
    as_json: AsJson = False,
    database_url: DatabaseUrl = None,
) -> ExitCode:
    """Perform a scenario in real time, with real processes that are killed for real, and judge what happened.

    The customers are those of `paystorm run` with the same seed; service, workers, PSP and PostgreSQL are processes of
    their own on loopback, with a TCP proxy wherever the scenario's network misbehaves. Delays are shortened to a few
    seconds. What cannot be done to a real machine is said. Real time never repeats exactly.

    The first Ctrl-C ends the storm, the next one the calm; what was found until then is judged.
    """
    from scenarios.cli.live_output import print_resources
    from scenarios.run_folder import folder_for_run

    wish = _Wish(
        service_processes=service_processes,
        workers=workers,
        duration=duration,
        speed=speed,
        customers=customers,
        kill_every=kill_every,
        stop_every=stop_every,
        soak=soak,
        seed=seed,
        defect=defect,
    )
    scenario = _scenario(name, wish)
    with folder_for_run(out, scenario=scenario.name, seed=seed) as folder:
        performed = _perform(scenario, folder, seed=seed, command=_command(name, wish), database_url=database_url)
        code = conclude(folder, thresholds=thresholds, fail_on=fail_on, as_json=as_json)
    is_constant = print_resources(performed.trends) if soak else True
    return code if is_constant else max(code, ExitCode.BROKEN)


def _perform(scenario: "Scenario", folder: Path, *, seed: int, command: str, database_url: str | None) -> "Performed":
    """Perform a scenario and say what was left out of it, and who was killed how often."""
    from scenarios.cli.live_output import print_left_out, print_tally
    from scenarios.cli.output import ProgressBar
    from scenarios.live.performance import Performance

    performance = Performance(scenario=scenario, seed=seed, command=command, folder=folder, database_url=database_url)
    print_left_out(performance.lacking)
    with ProgressBar(description=f"{scenario.name} live") as bar:
        performed = performance.perform(bar)
    print_tally(performed.counts)
    return performed


@dataclass(frozen=True, kw_only=True, slots=True)
class _Wish:
    """What was asked for beside the scenario; None for what nobody said."""

    service_processes: int | None
    workers: int | None
    duration: float | None
    speed: float | None
    customers: int | None
    kill_every: float | None
    stop_every: float | None
    soak: str | None
    seed: int
    defect: str | None

    @property
    def soak_s(self) -> float | None:
        """How long a soak lasts.

        Raises:
            BadInput: It is no span of time, or `--duration` says it as well.
        """
        return _soak_s(self.soak, duration=self.duration)


def _scenario(name: str, wish: _Wish) -> "Scenario":
    """Return the scenario at live pace, with what was asked for."""
    from scenarios.defects import find_defect

    soak_s = wish.soak_s
    changes = {
        "service_processes": wish.service_processes,
        "workers": wish.workers,
        "customers": wish.customers or (soak_s and round(soak_s * _SOAK_CUSTOMERS_PER_S)),
        "defect": wish.defect and find_defect(wish.defect).id,
    }
    return _at_live_pace(
        name,
        changes={key: str(value) for key, value in changes.items() if value is not None},
        duration_s=soak_s or wish.duration or _DURATION_S,
        speed=wish.speed,
        kill_every_s=wish.kill_every or (soak_s and _SOAK_KILL_EVERY_S),
        stop_every_s=wish.stop_every or (soak_s and _SOAK_STOP_EVERY_S),
    )


def _soak_s(soak: str | None, *, duration: float | None) -> float | None:
    """Return how long a soak lasts.

    Raises:
        BadInput: It is no span of time, or `--duration` says it as well.
    """
    if soak is None:
        return None
    if duration is not None:
        raise BadInput("--soak says how long the storm lasts, and so does --duration; give one of them")
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", soak.strip(), re.ASCII)
    seconds = float(match[1]) * _UNITS_S[match[2]] if match else 0.0
    if not 1 <= seconds <= _LONGEST_S:
        raise BadInput(f"--soak {soak!r}: expected a span of time from 1s to 24h, such as 90s, 10m or 1h")
    return seconds


def _at_live_pace(
    name: str,
    *,
    changes: Mapping[str, str],
    duration_s: float,
    speed: float | None,
    kill_every_s: float | None,
    stop_every_s: float | None,
) -> "Scenario":
    from scenarios.library import find_scenario
    from scenarios.live.pacing import at_full_storm
    from scenarios.live.rage import kills, stops

    told = find_scenario(name).with_changes(changes)
    speed = speed or max(told.storm_s / duration_s, 1e-6)
    scenario = at_full_storm(told, duration_s=duration_s, speed=speed)
    more = [
        *(kills(scenario, every_s=kill_every_s) if kill_every_s else ()),
        *(stops(scenario, every_s=stop_every_s) if stop_every_s else ()),
    ]
    return scenario.model_copy(update={"faults": (*scenario.faults, *more)})


def _command(name: str, wish: _Wish) -> str:
    words = ["paystorm", "live", name]
    for option, value in asdict(wish).items():
        if value is not None:
            words += [f"--{option.replace('_', '-')}", f"{value:g}" if isinstance(value, float) else str(value)]
    return shlex.join(words)
