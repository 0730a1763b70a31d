"""What kills, stops and restarts the processes of the virtual world, where a step can be counted."""

from itertools import count

from scenarios.faults.process import CrashAtStep
from scenarios.faults.world_fault import WorldFault
from scenarios.nemesis.bites import Bites
from scenarios.nemesis.occasions import is_open
from scenarios.nemesis.processes import ProcessNemesis
from scenarios.virtual.machines import Machines
from scenarios.virtual.processes import Process
from scenarios.virtual.world import World


class VirtualProcessNemesis(ProcessNemesis):
    """Strikes between two awaits of the victim, whichever they are, or just before a certain one."""

    def __init__(self, world: World, machines: Machines, *, bites: Bites) -> None:
        super().__init__(world, machines, bites=bites)
        self._virtual = machines

    def haunt(self, fault: WorldFault) -> None:
        """Let this happen to every machine of its kind."""
        if isinstance(fault, CrashAtStep):
            self._count_steps(fault)
        else:
            super().haunt(fault)

    def _count_steps(self, fault: CrashAtStep) -> None:
        draw, steps = self._draw(fault), count(1)

        def step(process: Process) -> None:
            counts = is_open(self._env, fault) and self._machines.is_running(process.name)
            if counts and next(steps) == fault.step:
                down_s = draw.uniform(*fault.down_s)
                self._kill(fault, process.name, down_s=down_s, step=fault.step)
                self._env.process(self._start_again(fault, process.name, down_s=down_s))

        self._virtual.at_start(lambda process: process.at_step(step))
