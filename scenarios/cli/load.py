"""`paystorm load`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from scenarios.cli.exit_codes import ExitCode
from scenarios.cli.options import AsJson, DatabaseUrl, Out, Port, ScenarioName, Seed

if TYPE_CHECKING:
    from scenarios.live.load_generator import Load
    from scenarios.spec import Scenario

_HEADLESS_HELP = "Start at once and end by itself; otherwise Locust's pages start and end the load."

type Users = Annotated[
    int, Parameter(help="How many customers are there at any time.", validator=Number(gte=1, lte=1_000))
]
type Duration = Annotated[int, Parameter(help="Seconds of load, with --headless.", validator=Number(gte=1, lte=3_600))]
type Headless = Annotated[bool, Parameter(help=_HEADLESS_HELP, negative="", show_default=False)]


def load(
    name: ScenarioName,
    /,
    *,
    users: Users = 20,
    duration: Duration = 30,
    headless: Headless = False,
    web_port: Port = 8089,
    seed: Seed = 1,
    out: Out = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> ExitCode:
    """Drive a scenario in real time with Locust, then judge what happened.

    Service, workers and PSP run as processes of their own on loopback. Delays of the scenario are shortened to a few
    seconds. Real time never repeats exactly; the seed decides what customers and faults do, not who comes first.

    Parameters
    ----------
    web_port
        The port of Locust's pages; 0 for any free one.
    """
    from scenarios.cli.output import print_judgement
    from scenarios.judgement import judge_folder
    from scenarios.library import find_scenario
    from scenarios.live.load_generator import Load
    from scenarios.live.pacing import at_live_pace
    from scenarios.live.ports import choose_port
    from scenarios.run_folder import choose_folder

    scenario = at_live_pace(find_scenario(name), users=users, duration_s=duration)
    plan = Load(
        scenario=name,
        seed=seed,
        users=users,
        duration_s=duration if headless else None,
        web_port=None if headless else choose_port(web_port, option="--web-port"),
    )
    folder = choose_folder(out, scenario=scenario.name, seed=seed)
    _drive(plan, scenario, folder=folder, database_url=database_url)
    return print_judgement(judge_folder(folder), json=as_json)


def _drive(plan: "Load", scenario: "Scenario", *, folder: Path, database_url: str | None) -> None:
    """Let Locust drive a system of its own, and write what everybody wrote down."""
    from scenarios.cli.output import ProgressBar
    from scenarios.live.live_run import LiveRun
    from scenarios.live.load_generator import start_load
    from scenarios.live.system import Addresses, live_system

    logs, addresses = folder.absolute() / "logs", Addresses.choose()
    with live_system(scenario, seed=plan.seed, addresses=addresses, logs=logs, database_url=database_url) as system:
        locust = start_load(plan, system)
        if plan.web_port is not None:
            _invite(plan.web_port)
        with ProgressBar(description=plan.scenario) as bar:
            live_run = LiveRun(
                load=plan, scenario=scenario, command=_command(plan), system=system, locust=locust, listener=bar
            )
            recording = live_run.record()
        recording.write(folder)
        if locust.process.returncode < 0:
            print(f"what was found until {locust.obituary()} is judged", file=sys.stderr)


def _invite(web_port: int) -> None:
    from scenarios.live.ports import LOOPBACK

    pages = f"http://{LOOPBACK}:{web_port}"
    print(f"start and stop the load at {pages}", file=sys.stderr)
    print(f"end it at {pages}/end, or with Ctrl-C here; then it is judged", file=sys.stderr)


def _command(plan: "Load") -> str:
    ending = "" if plan.duration_s is None else f" --headless --duration {plan.duration_s}"
    return f"paystorm load {plan.scenario} --users {plan.users} --seed {plan.seed}{ending}"
