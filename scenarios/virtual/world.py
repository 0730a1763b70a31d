"""The simulated world: one clock, one loop, one network, one database server, any number of processes.

    with World(seed=7, epoch_us=epoch_us, postgres=server.socket_path) as world:
        shop = world.process("service/1")
        world.network.attach("service", shop, app)
        answer = world.run(world.network.exchange(source="customer/1", target="service", ...))

What happens is a function of the seed and of what is put into the world. Customers are SimPy processes on `world.env`;
programs are tasks of processes. Nothing runs except inside of `run`.
"""

import asyncio
import gc
from dataclasses import dataclass
from functools import partial
from random import Random
from types import MappingProxyType, TracebackType
from typing import Any, Self

import httpx
import simpy

from scenarios.errors import OtherChoice
from scenarios.randomness import Decided, Streams, Tape
from scenarios.virtual.backends import Backends
from scenarios.virtual.burial import bury
from scenarios.virtual.clock import SeededIds, VirtualClock
from scenarios.virtual.errors import Escaped
from scenarios.virtual.loop import Address, VirtualLoop
from scenarios.virtual.network import Network
from scenarios.virtual.postgres import VirtualPostgres
from scenarios.virtual.processes import Process
from scenarios.virtual.timeline import Timeline
from scenarios.virtual.transport import NetworkTransport
from scenarios.virtual.tripwires import WATCHED, Tripwires


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """An exception that nobody handled."""

    at_us: int
    process: str  # name; empty if it belongs to none
    error: BaseException


class World:
    """Everything of one run; see the module."""

    def __init__(
        self,
        *,
        seed: int,
        epoch_us: int,
        postgres: Backends | Address | None = None,
        keep_timeline: bool = False,
        tape: Tape | None = None,
        decided: Decided = MappingProxyType({}),
        watched: tuple[str, ...] = WATCHED,
    ) -> None:
        """Create an empty world.

        Args:
            seed: Decides all that chance decides.
            epoch_us: What the programs' clocks show when the run begins.
            postgres: The database server's backends, or where a server listens; None for a world without one.
            keep_timeline: Keep the timeline's lines, to find the first difference between two runs.
            tape: Records every seeded decision, or makes those that were recorded.
            decided: Draws that are settled, whatever the seed says.
            watched: The packages whose every call is looked at (`tripwires.py`).
        """
        streams = Streams(seed, tape=tape, decided=decided)
        if tape is not None:
            tape.on_break(partial(self._on_failure, None))
        self.env = simpy.Environment(initial_time=0)
        self.clock = VirtualClock(env=self.env, epoch_us=epoch_us)
        self.timeline = Timeline(env=self.env, keep=keep_timeline)
        self.failures: list[Failure] = []
        self.loop = VirtualLoop(env=self.env, random=streams.stream("loop"), on_escape=self._on_escape)
        self.loop.set_exception_handler(self._on_unhandled)
        self.network = Network(loop=self.loop, streams=streams, timeline=self.timeline)
        self._postgres: VirtualPostgres | None = None
        self._own_backends: Backends | None = None
        if postgres is not None:
            if not isinstance(postgres, Backends):
                postgres = self._own_backends = Backends(postgres)
            self._postgres = VirtualPostgres(loop=self.loop, backends=postgres, streams=streams, timeline=self.timeline)
            self.loop.dialer = self._postgres
        self._streams = streams
        self._processes: list[Process] = []
        self._collects_garbage = gc.isenabled()
        gc.disable()  # until the world is closed: the loop collects when the run says so
        self._fatal: BaseException | None = None
        self._interrupted = False
        self._tripwires = Tripwires(
            clock=self.clock, random=streams.stream("libraries"), escape=self.loop.escape, watched=watched
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @property
    def postgres(self) -> VirtualPostgres:
        """The database server."""
        assert self._postgres is not None, "this world was made without a database server"
        return self._postgres

    def stream(self, *name: str) -> Random:
        """The random stream of that name."""
        return self._streams.stream(*name)

    def ids(self, name: str) -> SeededIds:
        """A source of identifiers; two names never give the same one."""
        return SeededIds(self._streams.stream("ids", name))

    def process(self, name: str) -> Process:
        """Start a process, or start it again after a crash."""
        assert all(other.crashed for other in self._processes if other.name == name), f"{name} is running"
        process = Process(name=name, loop=self.loop, on_failure=self._on_failure)
        process.at_crash(lambda: self.timeline.note("crash", name, ""))
        self._processes.append(process)
        return process

    def busy(self) -> list[str]:
        """Return the names of the processes that live and have unfinished tasks."""
        return [process.name for process in self._processes if not process.crashed and process.unfinished()]

    def transport(self, source: str) -> httpx.AsyncBaseTransport:
        """What an httpx client of that party sends its requests through."""
        return NetworkTransport(network=self.network, source=source)

    def finished(self, task: asyncio.Task[Any]) -> simpy.Event:
        """The event of a task's end: its result, or its exception."""
        event = self.env.event()
        task.add_done_callback(lambda done: _settle(event, done))
        return event

    def run(self, until: simpy.Event | asyncio.Task[Any] | int) -> Any:
        """Let things happen until an event has happened, a task is done or a time in nanoseconds has come.

        Returns:
            The value of the event, or the result of the task.

        Raises:
            Escaped: Something tried to leave the simulation, even if the program has swallowed the error.
            OtherChoice: The tape does not fit what happens; the same goes for this.
            AssertionError: A program's own assertion failed anywhere.
            Stalled: Nothing is left to happen.
            KeyboardInterrupt: Somebody called `interrupt`.
            Exception: The event failed with this.
        """
        event = self._event_of(until)
        if self._fatal is None and event.callbacks is not None:
            event.callbacks.append(self._stop)
            with self._tripwires:
                self.loop.run_forever()
                self.loop.collect_garbage()
        if self._fatal is not None:
            raise self._fatal
        if not event.ok:
            assert isinstance(event.value, BaseException)
            raise event.value
        return event.value

    def interrupt(self) -> None:
        """Let `run` end after the turn that is under way; may be called by a signal handler."""
        self._interrupted = True
        self.loop.stop()

    def close(self) -> None:
        """End everything without letting it run: no socket, no task and no warning is left."""
        tasks = self.loop.unowned() + [task for process in self._processes for task in process.unfinished()]
        if self._postgres is not None:
            self._postgres.close()
        if self._own_backends is not None:
            self._own_backends.close()
        self.loop.close()
        bury(tasks)
        if self._collects_garbage:
            gc.enable()

    def _event_of(self, until: simpy.Event | asyncio.Task[Any] | int) -> simpy.Event:
        match until:
            case int():
                return self.env.timeout(until - self.clock.now_ns)
            case asyncio.Task():
                return self.finished(until)
            case _:
                return until

    def _stop(self, event: simpy.Event) -> None:
        event.defused = True  # run() raises what it failed with
        self.loop.stop()

    def _on_failure(self, process: Process | None, error: BaseException) -> None:
        if self.loop.is_closed():
            return  # the world is over, and its dead are being buried
        name = process.name if process else ""
        self.failures.append(Failure(at_us=self.clock.now_us(), process=name, error=error))
        self.timeline.note("failure", name, type(error).__name__)
        # A program that is wrong, not one that met misfortune: there is no point in going on.
        if isinstance(error, Escaped | OtherChoice | AssertionError) and self._fatal is None:
            self._fatal = error
            self.loop.stop()

    def _on_escape(self, escaped: Escaped) -> None:
        self._on_failure(None, escaped)

    def _on_unhandled(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Take what asyncio would only log: exceptions in callbacks, and in tasks that nobody waits for."""
        self._on_failure(None, context.get("exception") or RuntimeError(context["message"]))


def _settle(event: simpy.Event, task: asyncio.Task[Any]) -> None:
    if task.cancelled():
        event.fail(RuntimeError(f"{task.get_name()} was cancelled"))
    elif isinstance(error := task.exception(), Exception):
        event.fail(error)
    else:
        event.succeed(task.result())
