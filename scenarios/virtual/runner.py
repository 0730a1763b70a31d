"""One run in virtual time, for who needs no more than one."""

from scenarios.database import DatabaseServer
from scenarios.progress import Listener
from scenarios.recording import Recording
from scenarios.spec import Scenario
from scenarios.virtual.stage import Stage


def run_virtually(
    scenario: Scenario, *, seed: int, server: DatabaseServer, command: str, listener: Listener
) -> Recording:
    """Run a scenario on a stage of its own; see `Stage.perform`."""
    with Stage(server) as stage:
        return stage.perform(scenario, seed=seed, command=command, listener=listener)
