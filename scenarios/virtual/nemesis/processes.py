"""What kills processes: one SimPy process per fault and machine.

A crash falls between two awaits of the victim, whichever they are; the seed chooses the moment.
"""

from scenarios.faults.process import Crash
from scenarios.faults.world_fault import WorldFault
from scenarios.virtual.machines import Machines
from scenarios.virtual.nemesis.bites import Bites
from scenarios.virtual.nemesis.occasions import Steps, next_occasion, pause
from scenarios.virtual.world import World


class ProcessNemesis:
    """Kills, waits, starts again."""

    def __init__(self, world: World, machines: Machines, *, bites: Bites) -> None:
        self._world = world
        self._machines = machines
        self._bites = bites

    def haunt(self, fault: WorldFault) -> None:
        """Let this happen to every machine of its kind."""
        match fault:
            case Crash():
                for name in self._machines.names(fault.process):
                    self._world.env.process(self._crash(fault, name))
            case _:
                raise AssertionError(f"{fault.kind} is no fault of a process")

    def _crash(self, fault: Crash, name: str) -> Steps[None]:
        draw = self._world.stream("crash", fault.id, name)
        while (yield from next_occasion(self._world.env, fault, fault.every_s, draw)):
            down_s = draw.uniform(*fault.down_s)
            self._machines.kill(name)
            self._bites.record(fault, target=name, down_s=round(down_s, 3))
            yield pause(self._world.env, down_s)
            self._machines.start_one(name)
