"""The service's processes on this machine: started, killed, stopped or told to end, and started again."""

import signal
from collections.abc import Mapping
from dataclasses import dataclass

from scenarios.live.children import Child, Children
from scenarios.live.guardian import Guardian


@dataclass(frozen=True, kw_only=True, slots=True)
class Launch:
    """How a process is started, each time alike: so it has the same port in every life."""

    program: str  # its name among the children, and its log's
    module: str
    environment: Mapping[str, str]
    arguments: tuple[str, ...] = ()
    ready_at: str | None = None  # a URL that answers when it is ready to serve


class Machines:
    """Every process of the service and of its workers, by name: `service/1`, `worker/2`.

    A process runs, is on its way out or is gone. Whoever made it go starts it again; one that goes by itself is a
    failure, of which `Children.check` tells.
    """

    def __init__(self, children: Children, launches: Mapping[str, Launch], *, guardian: Guardian | None = None) -> None:
        """Start nothing yet; without a guardian nobody can be paused."""
        self._children = children
        self._launches = launches
        self._guardian = guardian
        self._running: dict[str, Child] = {}
        self._paused: set[str] = set()
        self._ending: dict[str, Ending] = {}
        self.starts = 0

    def start(self) -> dict[str, Child]:
        """Start all that are to run; return those that say when they are ready, by the URL at which they do."""
        for name in self._launches:
            self.start_one(name)
        return {launch.ready_at: self._running[name] for name, launch in self._launches.items() if launch.ready_at}

    def start_one(self, name: str) -> None:
        """Start a process, or start it again after it went."""
        assert name not in self._running, f"{name} is running"
        launch = self._launches[name]
        self._running[name] = self._children.start(
            launch.program,
            launch.module,
            environment=launch.environment,
            arguments=launch.arguments,
            dies_by=signal.SIGKILL,  # the one signal that reaches whoever is stopped
        )
        self.starts += 1

    def kill(self, name: str) -> None:
        """Kill a process with SIGKILL, also one that is paused."""
        child = self._let_go(name)
        child.process.kill()
        child.process.wait()

    def terminate(self, name: str) -> "Ending":
        """Tell a process to end with SIGTERM; one that is paused hears of it when it continues."""
        child = self._let_go(name)
        child.process.terminate()
        ending = self._ending[name] = Ending(child)
        return ending

    def pause(self, name: str) -> "Stopped":
        """Stop a process with SIGSTOP; it runs nothing until it `proceed`s."""
        assert self._guardian is not None, "nobody can be paused without a guardian"
        self._paused.add(name)
        self._guardian.stop(self._running[name].process.pid)
        return Stopped(self, self._running[name])

    def wake(self, child: Child) -> None:
        """Let a process go on that was paused, unless it was killed meanwhile."""
        assert self._guardian is not None, "who is paused has a guardian"
        self._paused = {name for name in self._paused if self._running[name] is not child}
        if child.is_running:
            self._guardian.wake(child.process.pid)

    def is_running(self, name: str) -> bool:
        """Whether a process runs or is paused, and has not been told to end."""
        return name in self._running

    def is_paused(self, name: str) -> bool:
        """Whether a process is paused."""
        return name in self._paused

    def names(self, kind: str) -> list[str]:
        """Return the processes of a kind that are running."""
        return [name for name in self._running if name.partition("/")[0] == kind]

    def pids(self) -> dict[str, int]:
        """Return who is running under which process id."""
        return {name: child.process.pid for name, child in self._running.items()}

    def restore(self) -> None:
        """Let everybody run again: wake whoever is paused, start whoever is gone."""
        for name in sorted(self._paused):
            self.wake(self._running[name])
        for name in self._launches:
            if name not in self._running:
                if name in self._ending:  # or its port would still be taken
                    self._ending.pop(name).crash()
                self.start_one(name)

    def _let_go(self, name: str) -> Child:
        """Stop counting on a process."""
        child = self._running.pop(name)
        self._paused.discard(name)
        self._children.let_go(child)
        return child


class Stopped:
    """A process that is paused."""

    def __init__(self, machines: Machines, child: Child) -> None:
        self._machines = machines
        self._child = child

    def proceed(self) -> None:
        """Let it go on."""
        self._machines.wake(self._child)


class Ending:
    """A process that was told to end."""

    def __init__(self, child: Child) -> None:
        self._child = child

    def unfinished(self) -> bool:
        """Whether it has not ended yet."""
        return self._child.is_running

    def crash(self) -> None:
        """Kill it, or do nothing if it has ended."""
        self._child.process.kill()
        self._child.process.wait()
