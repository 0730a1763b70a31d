"""`paystorm serve`."""

from scenarios.cli.exit_codes import ExitCode
from scenarios.cli.options import DatabaseUrl, Port

_LOOK_S = 0.2


def serve(
    *,
    port: Port = 8000,
    psp_port: Port = 8420,
    faults: str | None = None,
    database_url: DatabaseUrl = None,
) -> ExitCode:
    """Start the payment service, its worker and the PSP in real time on 127.0.0.1, until Ctrl-C.

    The books are lost when it ends. Should a process die, its last words are printed and the exit code is 4.

    Parameters
    ----------
    port
        Where the service listens; 0 for any free port.
    psp_port
        Where the PSP listens; 0 for any free port.
    faults
        Let the PSP misbehave as in this scenario, all the time: a name that `paystorm list` shows, or a file.
    """
    import time
    from contextlib import suppress

    from scenarios.library import find_scenario
    from scenarios.live.pacing import FAIR_WEATHER, at_live_pace
    from scenarios.live.scratch import scratch_folder
    from scenarios.live.system import Addresses, live_system
    from scenarios.live.welcome import welcome

    weather = FAIR_WEATHER if faults is None else find_scenario(faults)
    scenario = at_live_pace(weather, users=1, duration_s=0)
    addresses = Addresses.choose(service_port=port, psp_port=psp_port)
    with (
        scratch_folder() as logs,
        live_system(scenario, seed=1, addresses=addresses, logs=logs, database_url=database_url) as system,
    ):
        system.control.install(scenario.psp_faults)
        print(welcome(system), flush=True)
        with suppress(KeyboardInterrupt):
            while True:
                system.children.check()
                time.sleep(_LOOK_S)
    return ExitCode.HOLDS
