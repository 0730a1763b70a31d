"""`paystorm load`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter
from cyclopts.validators import Number

from reports.fail_on import EVERYTHING
from scenarios.cli.conclusion import conclude
from scenarios.cli.exit_codes import ExitCode
from scenarios.cli.options import AsJson, DatabaseUrl, FailsOn, Out, Port, ScenarioName, Seed, Thresholds
from scenarios.errors import BadInput

if TYPE_CHECKING:
    from scenarios.live.arrivals import ArrivalProcess
    from scenarios.live.load_generator import Load
    from scenarios.spec import Scenario

_HEADLESS_HELP = "Start at once and end by itself; otherwise Locust's pages start and end the load."
_USERS_HELP = "How many customers are there at any time (20); with --rate, at most (200)."
_RATE_HELP = """\
An open model, with --headless: so many customers come, such as `20/s` or `300/min`, however long the others are being
served. Latency then counts from when each was due, and who came late or could not be served at all is counted.
"""
_ARRIVALS_HELP = "How customers of an open model follow each other: as strangers do, or like clockwork."
_PROCESSES_HELP = "Spread the customers over so many processes of Locust on this machine (1; with --master none)."
_MASTER_HELP = "Let Locust's workers on other machines take part, through a tunnel: see `docs/load.md`."
_EXPECT_HELP = "For how many workers elsewhere to wait, with --master."
_WORKER_HELP = "Be such a worker, and nothing else; the master says what to do. The key is PAYSTORM_LOAD_API_KEY."
_DEFECT_HELP = "Plant this bug in the running service and see it found; not every one can show in real time."

type Users = Annotated[int | None, Parameter(help=_USERS_HELP, validator=Number(gte=1, lte=1_000))]
type Duration = Annotated[int, Parameter(help="Seconds of load, with --headless.", validator=Number(gte=1, lte=3_600))]
type Headless = Annotated[bool, Parameter(help=_HEADLESS_HELP, negative="", show_default=False)]
type Rate = Annotated[str | None, Parameter(help=_RATE_HELP)]
type Arrivals = Annotated[Literal["poisson", "constant"], Parameter(help=_ARRIVALS_HELP)]
type Processes = Annotated[int | None, Parameter(help=_PROCESSES_HELP, validator=Number(gte=0, lte=64))]
type Master = Annotated[bool, Parameter(help=_MASTER_HELP, negative="", show_default=False)]
type Expected = Annotated[int, Parameter(help=_EXPECT_HELP, validator=Number(gte=1, lte=64))]
type Worker = Annotated[bool, Parameter(help=_WORKER_HELP, negative="", show_default=False)]
type MasterHost = Annotated[str, Parameter(help="Where a worker finds its master.")]
type MasterPort = Annotated[Port, Parameter(help="The port of the master, with --master and --worker.")]
type WebPort = Annotated[Port, Parameter(help="The port of Locust's pages; 0 for any free one.")]
type Planted = Annotated[str | None, Parameter(help=_DEFECT_HELP)]

_USERS, _USERS_OF_OPEN_MODEL = 20, 200


def load(
    name: ScenarioName | None = None,
    /,
    *,
    users: Users = None,
    duration: Duration = 30,
    headless: Headless = False,
    rate: Rate = None,
    arrivals: Arrivals = "poisson",
    processes: Processes = None,
    master: Master = False,
    expect_workers: Expected = 1,
    worker: Worker = False,
    master_host: MasterHost = "127.0.0.1",
    master_port: MasterPort = 5557,
    defect: Planted = None,
    web_port: WebPort = 8089,
    seed: Seed = 1,
    out: Out = None,
    database_url: DatabaseUrl = None,
    thresholds: Thresholds = (),
    fail_on: FailsOn = EVERYTHING,
    as_json: AsJson = False,
) -> ExitCode:
    """Drive a scenario in real time with Locust, then judge what happened.

    Service, workers and PSP run as processes of their own on loopback. Delays of the scenario are shortened to a few
    seconds. Real time never repeats exactly; the seed decides what customers and faults do, not who comes first.
    """
    if worker:
        return _work(master_host, master_port)
    from scenarios.live.load_generator import Load
    from scenarios.run_folder import folder_for_run

    plan = Load(
        scenario=_named(name),
        seed=seed,
        users=users or (_USERS if rate is None else _USERS_OF_OPEN_MODEL),
        duration_s=duration if headless else None,
        web_port=None if headless else _free(web_port),
        rate_per_s=_rate(rate, headless=headless),
        arrivals=_arrivals(arrivals),
        processes=_processes(processes, master=master),
        workers_elsewhere=expect_workers if master else 0,
        master_port=master_port if master else None,
    )
    scenario = _scenario(plan, defect=defect, duration_s=duration)
    with folder_for_run(out, scenario=scenario.name, seed=seed) as folder:
        _drive(plan, scenario, folder, database_url=database_url)
        return conclude(folder, thresholds=thresholds, fail_on=fail_on, as_json=as_json)


def _named(name: str | None) -> str:
    if name is None:
        raise BadInput("name a scenario, as `paystorm list` shows them, or a file; only --worker needs none")
    return name


def _free(web_port: int) -> int:
    from scenarios.live.ports import choose_port

    return choose_port(web_port, option="--web-port")


def _rate(text: str | None, *, headless: bool) -> float | None:
    from scenarios.live.arrivals import parse_rate

    if text is None:
        return None
    if not headless:
        raise BadInput("--rate needs --headless: on Locust's pages a load has users, who come one after the other")
    try:
        return parse_rate(text)
    except ValueError as error:
        raise BadInput(f"--rate {error}") from None


def _arrivals(name: str) -> "ArrivalProcess":
    from scenarios.live.arrivals import ArrivalProcess

    return ArrivalProcess(name)


def _processes(processes: int | None, *, master: bool) -> int:
    if processes == 0 and not master:
        raise BadInput("--processes 0: then nobody has customers; add --master, or name at least 1")
    return processes if processes is not None else int(not master)


def _scenario(plan: "Load", *, defect: str | None, duration_s: float) -> "Scenario":
    from scenarios.library import find_scenario
    from scenarios.live.live_defects import live_defect
    from scenarios.live.pacing import at_live_pace

    scenario = at_live_pace(find_scenario(plan.scenario), users=plan.users, duration_s=duration_s)
    planted = scenario.defect if defect is None else defect
    return scenario if planted is None else scenario.with_changes({"defect": live_defect(planted).id})


def _drive(plan: "Load", scenario: "Scenario", folder: Path, *, database_url: str | None) -> None:
    """Let Locust drive a system of its own, and write what everybody wrote down."""
    from scenarios.cli.output import ProgressBar
    from scenarios.live.live_run import LiveRun
    from scenarios.live.load_command import load_command
    from scenarios.live.load_generator import start_load
    from scenarios.live.load_invitation import invitation
    from scenarios.live.system import Addresses, live_system

    logs, addresses = folder.absolute() / "logs", Addresses.choose()
    with live_system(scenario, seed=plan.seed, addresses=addresses, logs=logs, database_url=database_url) as system:
        locust = start_load(plan, system)
        for line in invitation(plan, system):
            print(line, file=sys.stderr, flush=True)
        with ProgressBar(description=plan.scenario) as bar:
            command = load_command(plan, defect=scenario.defect)
            live_run = LiveRun(
                load=plan, scenario=scenario, command=command, system=system, locust=locust, listener=bar
            )
            recording = live_run.record()
        recording.write(folder)
        if locust.process.returncode < 0:
            print(f"what was found until {locust.obituary()} is judged", file=sys.stderr)


def _work(master_host: str, master_port: int) -> ExitCode:
    from scenarios.live.load_worker import given_key, work_for
    from scenarios.live.scratch import scratch_folder

    key, master = given_key(), f"{master_host}:{master_port}"
    print(f"working for the master at {master} until it ends, or Ctrl-C", file=sys.stderr, flush=True)
    with scratch_folder() as logs:
        work_for(master_host, port=master_port, key=key, logs=logs)
    return ExitCode.HOLDS
