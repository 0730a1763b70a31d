"""What kills, stops and restarts processes, in both worlds: one SimPy process per fault and machine.

Each strikes when its moment comes, wherever the victim is; the seed chooses the moment. A machine that is not running
then is left alone: whoever made it go starts it again.
"""

from collections.abc import Sequence
from random import Random
from typing import Protocol

import simpy

from scenarios.faults.process import Crash, CrashLoop, Pause, Restart, RollingRestart
from scenarios.faults.world_fault import WorldFault
from scenarios.nemesis.bites import Bites
from scenarios.nemesis.occasions import Steps, is_open, next_occasion, pause_within
from scenarios.units import NS_PER_S

_POLL_S = 0.1
"""How often uvicorn looks whether it is done, once it has been told to end."""


class World(Protocol):
    """Where it happens: a queue of events to come, and a source of randomness for everybody."""

    @property
    def env(self) -> simpy.Environment:
        """The queue; its time is an integer count of nanoseconds since the run began."""
        ...

    def stream(self, *name: str) -> Random:
        """Return the random stream of that name."""
        ...


class Stopped(Protocol):
    """A process that is paused."""

    def proceed(self) -> None:
        """Let it go on."""
        ...


class Ending(Protocol):
    """A process that was told to end."""

    def unfinished(self) -> object:
        """Return something true as long as it has not ended."""
        ...

    def crash(self) -> None:
        """Kill it, or do nothing if it has ended."""
        ...


class Machines(Protocol):
    """The processes of the service and its workers, by name: `service/1`, `worker/2`."""

    def names(self, kind: str) -> Sequence[str]:
        """Return the processes of a kind that are running."""
        ...

    def is_running(self, name: str) -> bool:
        """Whether it runs or is paused, and has not been told to end."""
        ...

    def is_paused(self, name: str) -> bool:
        """Whether it is paused."""
        ...

    def start_one(self, name: str) -> None:
        """Start it again; nothing of its former life is left in it."""
        ...

    def kill(self, name: str) -> None:
        """Kill it as SIGKILL does."""
        ...

    def terminate(self, name: str) -> Ending:
        """Tell it to end as SIGTERM does."""
        ...

    def pause(self, name: str) -> Stopped:
        """Stop it as SIGSTOP does."""
        ...


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
                self._env.process(self._deploy(fault, list(self._machines.names(fault.process))))
            case _:
                raise AssertionError(f"{fault.kind} is no fault of a process here")

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

    def _end(self, fault: WorldFault, process: Ending, *, grace_s: float) -> Steps[None]:
        """Wait until a process has wound up, and kill it when its grace is over."""
        until_s = self._env.now / NS_PER_S + grace_s
        while process.unfinished() and self._env.now / NS_PER_S < until_s and is_open(self._env, fault):
            yield pause_within(self._env, fault, _POLL_S)
        process.crash()

    def _draw(self, fault: WorldFault, *name: str) -> Random:
        return self._world.stream("process-fault", fault.id, *name)
