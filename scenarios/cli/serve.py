"""`paystorm serve`."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from scenarios.cli.exit_codes import ExitCode
from scenarios.cli.options import DatabaseUrl, Port

if TYPE_CHECKING:
    from scenarios.live.system import LiveSystem

_CUSTOMERS = "duplicate-clicks"  # whose customers Locust brings in fair weather
_USERS = 5  # offered on Locust's page, and to be changed there

type WithLoad = Annotated[
    bool, Parameter(name="--load", negative="--no-load", help="Start Locust, which waits on its page.")
]


def serve(
    *,
    port: Port = 8000,
    psp_port: Port = 8420,
    load_port: Port = 8089,
    page_port: Port = 8001,
    with_load: WithLoad = True,
    faults: str | None = None,
    database_url: DatabaseUrl = None,
) -> ExitCode:
    """Start the playground: the payment service, its worker, the PSP and Locust in real time, until Ctrl-C.

    All of them listen on 127.0.0.1. One page leads to everything, pays, switches faults and follows the payments; the
    link that is printed opens it. The books are lost when it ends. Should a process die, its last words are printed
    and the exit code is 4.

    Parameters
    ----------
    port
        Where the service listens; 0 for any free port.
    psp_port
        Where the PSP listens; 0 for any free port.
    load_port
        Where Locust's pages are; 0 for any free port.
    page_port
        Where the page is; 0 for any free port.
    faults
        Let the PSP misbehave as in this scenario until the page ends it: a name that `paystorm list` shows, or a file.
    """
    from scenarios.live.ports import choose_ports

    wanted = {"--port": port, "--psp-port": psp_port, "--page-port": page_port}
    ports = choose_ports(wanted | ({"--load-port": load_port} if with_load else {}))

    from scenarios.live.playground import Playground, serve_playground
    from scenarios.live.welcome import welcome

    with _system(ports, faults=faults, database_url=database_url) as system:
        playground = Playground(system=system, page_port=ports["--page-port"], load_port=ports.get("--load-port"))

        def open_doors() -> None:
            if playground.load_port is not None:  # last, because it takes seconds to come and nobody needs it to start
                _start_locust(system, scenario=faults or _CUSTOMERS, web_port=playground.load_port)
            print(welcome(playground), flush=True)

        with suppress(KeyboardInterrupt):
            serve_playground(playground, ready=open_doors)
    return ExitCode.HOLDS


def _start_locust(system: "LiveSystem", *, scenario: str, web_port: int) -> None:
    from scenarios.live.load_generator import Load, start_load

    start_load(Load(scenario=scenario, seed=1, users=_USERS, duration_s=None, web_port=web_port), system)


@contextmanager
def _system(ports: dict[str, int], *, faults: str | None, database_url: str | None) -> "Iterator[LiveSystem]":
    """Yield a system that is up, in the weather that was asked for."""
    from scenarios.library import find_scenario
    from scenarios.live.pacing import FAIR_WEATHER, at_live_pace
    from scenarios.live.scratch import scratch_folder
    from scenarios.live.system import Addresses, live_system

    weather = FAIR_WEATHER if faults is None else find_scenario(faults)
    scenario = at_live_pace(weather, users=_USERS, duration_s=0)
    addresses = Addresses.choose(service_port=ports["--port"], psp_port=ports["--psp-port"])
    with (
        scratch_folder() as logs,
        live_system(scenario, seed=1, addresses=addresses, logs=logs, database_url=database_url) as system,
    ):
        system.control.install(scenario.psp_faults)
        yield system
