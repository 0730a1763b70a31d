"""`paystorm load`."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from scenarios.cli.exit_codes import ExitCode
from scenarios.cli.settings import Seed


def load(
    name: str,
    /,
    *,
    users: Annotated[int, Parameter(validator=Number(gte=1, lte=1_000))] = 20,
    duration: Annotated[int, Parameter(validator=Number(gte=1, lte=3_600))] = 30,
    headless: Annotated[bool, Parameter(negative="", show_default=False)] = False,
    web_port: Annotated[int, Parameter(validator=Number(gte=0, lte=65_535))] = 8089,
    seed: Seed = 1,
    out: Path | None = None,
    database_url: str | None = None,
    json: Annotated[bool, Parameter(negative="", show_default=False)] = False,
) -> ExitCode:
    """Drive a scenario in real time with Locust, then judge what happened.

    Service, workers and PSP run as processes of their own on loopback. Delays of the scenario are shortened to a few
    seconds. Real time never repeats exactly; the seed decides what customers and faults do, not who comes first.

    Parameters
    ----------
    name
        The scenario; `paystorm list` shows them.
    users
        How many customers are there at any time.
    duration
        Seconds of load, with --headless.
    headless
        Start at once and end by itself; otherwise Locust's pages start and end the load.
    web_port
        The port of Locust's pages; 0 for any free one.
    seed
        Decides what each customer does and which requests the faults hit.
    out
        The run folder to write; by default `runs/NAME-SEED`, numbered if it exists.
    database_url
        Use this PostgreSQL server instead of the embedded one; a database of its own is created there and dropped
        at the end.
    json
        Print the verdict as JSON instead of text.
    """
    from scenarios.cli.output import ProgressBar, print_judgement
    from scenarios.judgement import judge_folder
    from scenarios.library import find_scenario
    from scenarios.live.live_run import LiveRun
    from scenarios.live.load_generator import Load, start_load
    from scenarios.live.pacing import at_live_pace
    from scenarios.live.ports import choose_port
    from scenarios.live.system import Addresses, live_system
    from scenarios.run_folder import choose_folder

    scenario = at_live_pace(find_scenario(name), users=users, duration_s=duration)
    plan = Load(
        scenario=name,
        seed=seed,
        users=users,
        duration_s=duration if headless else None,
        web_port=None if headless else choose_port(web_port, option="--web-port"),
    )
    addresses = Addresses.choose()
    folder = choose_folder(out, scenario=name, seed=seed)
    with live_system(
        scenario, seed=seed, addresses=addresses, logs=folder.absolute() / "logs", database_url=database_url
    ) as system:
        locust = start_load(plan, system)
        if plan.web_port is not None:
            _invite(plan.web_port)
        with ProgressBar(description=name) as bar:
            live_run = LiveRun(
                load=plan,
                scenario=scenario,
                command=_command(name, users=users, duration=duration, seed=seed, headless=headless),
                system=system,
                locust=locust,
                listener=bar,
            )
            recording = live_run.record()
        recording.write(folder)
        if locust.process.returncode < 0:
            print(f"what was found until {locust.obituary()} is judged", file=sys.stderr)
    return print_judgement(judge_folder(folder), json=json)


def _invite(web_port: int) -> None:
    from scenarios.live.ports import LOOPBACK

    pages = f"http://{LOOPBACK}:{web_port}"
    print(f"start and stop the load at {pages}", file=sys.stderr)
    print(f"end it at {pages}/end, or with Ctrl-C here; then it is judged", file=sys.stderr)


def _command(name: str, *, users: int, duration: int, seed: int, headless: bool) -> str:
    ending = f" --headless --duration {duration}" if headless else ""
    return f"paystorm load {name} --users {users} --seed {seed}{ending}"
