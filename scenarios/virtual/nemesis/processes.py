"""What kills, stops and restarts processes: one SimPy process per fault and machine.

Each strikes between two awaits of the victim, whichever they are; the seed chooses the moment. A machine that is not
running when its moment comes is left alone: whoever made it go starts it again.
"""

from itertools import count
from random import Random

from scenarios.faults.process import Crash, CrashAtStep, CrashLoop, Pause, Restart, RollingRestart
from scenarios.faults.world_fault import WorldFault
from scenarios.virtual.machines import Machines
from scenarios.virtual.nemesis.bites import Bites
from scenarios.virtual.nemesis.occasions import Steps, is_open, next_occasion, pause_within
from scenarios.virtual.processes import Process
from scenarios.virtual.units import NS_PER_S
from scenarios.virtual.world import World

_POLL_S = 0.1
"""How often uvicorn looks whether it is done, once it has been told to end."""


class ProcessNemesis:
    """Kills, stops, tells to end; waits, and starts again."""

    def __init__(self, world: World, machines: Machines, *, bites: Bites) -> None:
        self._world = world
        self._env = world.env
        self._machines = machines
        self._bites = bites

    def haunt(self, fault: WorldFault) -> None:
        """Let this happen to every machine of its kind."""
        match fault:
            case Crash() | CrashLoop() | Pause() | Restart():
                for name in self._machines.names(fault.process):
                    self._env.process(self._recur(fault, name))
            case RollingRestart():
                self._env.process(self._deploy(fault, self._machines.names(fault.process)))
            case CrashAtStep():
                self._count_steps(fault)
            case _:
                raise AssertionError(f"{fault.kind} is no fault of a process")

    def _recur(self, fault: Crash | CrashLoop | Pause | Restart, name: str) -> Steps[None]:
        draw = self._draw(fault, name)
        while (yield from next_occasion(self._env, fault, fault.every_s, draw)):
            match fault:
                case Crash():
                    yield from self._crash(fault, name, down_s=draw.uniform(*fault.down_s))
                case CrashLoop():
                    yield from self._crash_again_and_again(fault, name, draw)
                case Pause():
                    yield from self._pause(fault, name, for_s=draw.uniform(*fault.for_s))
                case Restart():
                    yield from self._restart(fault, name, draw)

    def _crash(self, fault: Crash | CrashLoop, name: str, *, down_s: float) -> Steps[None]:
        if self._machines.is_running(name):
            self._kill(fault, name, down_s=down_s)
            yield from self._start_again(fault, name, down_s=down_s)

    def _kill(self, fault: WorldFault, name: str, *, down_s: float, **detail: object) -> None:
        self._machines.kill(name)
        self._bites.record(fault, target=name, down_s=round(down_s, 3), **detail)

    def _start_again(self, fault: WorldFault, name: str, *, down_s: float) -> Steps[None]:
        yield pause_within(self._env, fault, down_s)
        self._machines.start_one(name)

    def _crash_again_and_again(self, fault: CrashLoop, name: str, draw: Random) -> Steps[None]:
        for _ in range(draw.randint(*fault.deaths)):
            yield from self._crash(fault, name, down_s=draw.uniform(*fault.down_s))
            yield pause_within(self._env, fault, draw.uniform(*fault.up_s))
            if not is_open(self._env, fault):
                return

    def _pause(self, fault: Pause, name: str, *, for_s: float) -> Steps[None]:
        if self._machines.is_running(name) and not self._machines.is_paused(name):
            process = self._machines.pause(name)
            self._bites.record(fault, target=name, for_s=round(for_s, 3))
            yield pause_within(self._env, fault, for_s)
            process.proceed()

    def _deploy(self, fault: RollingRestart, names: list[str]) -> Steps[None]:
        draw = self._draw(fault)
        while (yield from next_occasion(self._env, fault, fault.every_s, draw)):
            for name in names:
                yield from self._restart(fault, name, draw)
                yield pause_within(self._env, fault, draw.uniform(*fault.settle_s))
                if not is_open(self._env, fault):
                    return

    def _restart(self, fault: Restart | RollingRestart, name: str, draw: Random) -> Steps[None]:
        grace_s, down_s = draw.uniform(*fault.grace_s), draw.uniform(*fault.down_s)
        if self._machines.is_running(name):
            self._bites.record(fault, target=name, grace_s=round(grace_s, 3), down_s=round(down_s, 3))
            yield from self._end(fault, self._machines.terminate(name), grace_s=grace_s)
            yield from self._start_again(fault, name, down_s=down_s)

    def _end(self, fault: WorldFault, process: Process, *, grace_s: float) -> Steps[None]:
        """Wait until a process has wound up, and kill it when its grace is over."""
        until_s = self._env.now / NS_PER_S + grace_s
        while process.unfinished() and self._env.now / NS_PER_S < until_s and is_open(self._env, fault):
            yield pause_within(self._env, fault, _POLL_S)
        process.crash()

    def _count_steps(self, fault: CrashAtStep) -> None:
        draw, steps = self._draw(fault), count(1)

        def step(process: Process) -> None:
            counts = is_open(self._env, fault) and self._machines.is_running(process.name)
            if counts and next(steps) == fault.step:
                down_s = draw.uniform(*fault.down_s)
                self._kill(fault, process.name, down_s=down_s, step=fault.step)
                self._env.process(self._start_again(fault, process.name, down_s=down_s))

        self._machines.at_start(lambda process: process.at_step(step))

    def _draw(self, fault: WorldFault, *name: str) -> Random:
        return self._world.stream("process-fault", fault.id, *name)
