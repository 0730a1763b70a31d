"""What goes wrong with the network."""

from scenarios.faults.world_fault import WorldFault
from scenarios.virtual.machines import Machines
from scenarios.virtual.nemesis.bites import Bites
from scenarios.virtual.world import World


class NetworkNemesis:
    """Lets the network misbehave."""

    def __init__(self, world: World, machines: Machines, *, bites: Bites) -> None:
        self._world = world
        self._machines = machines
        self._bites = bites

    def haunt(self, fault: WorldFault) -> None:
        """Let this happen while its window lasts."""
        raise AssertionError(f"{fault.kind} is no fault of the network")
