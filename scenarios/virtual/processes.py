"""Simulated operating-system processes: who owns a task, and what dies with its owner.

Every task and callback carries its process in a context variable, so ownership follows `create_task` and `call_later`
by itself. A crash is SIGKILL: from that instant the loop runs nothing that the process owns, so no `finally`, no
`except` and no `__aexit__` of it ever runs in the simulation. Its tasks are kept, not dropped: collecting a suspended
coroutine would unwind it, and unwinding is exactly what a killed process does not do. `burial.py` disposes of them when
the world is over.

A pause is SIGSTOP: what becomes ready is kept in its order and run when the process continues, all at once and late.
Its sockets stay open, and what arrives waits in them; only the clock goes on.

A step is one callback of the process that the loop runs; tasks go from await to await in steps. Whatever may stop a
process is asked between two steps, and a process that nothing stops is not even asked (`is_free`).
"""

import asyncio
import contextvars
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, Protocol

_CURRENT: contextvars.ContextVar["Process | None"] = contextvars.ContextVar("paystorm_process", default=None)


class Loop(Protocol):
    """What a process needs of the loop that runs it."""

    def create_task[T](
        self, coro: Coroutine[Any, Any, T], *, name: object = None, context: contextvars.Context | None = None
    ) -> asyncio.Task[T]:
        """Create a task in a context."""

    def run_first(self, handles: Iterable[asyncio.Handle]) -> None:
        """Run these in their order, before whatever else is ready."""


class Process:
    """One process of the simulated machines, for one life: a restart is a new Process with the old name."""

    def __init__(
        self,
        *,
        name: str,
        loop: Loop,
        on_failure: Callable[["Process", BaseException], None],
    ) -> None:
        self.name = name
        self.crashed = False
        self.is_paused = False
        self.is_free = True  # runs whatever is ready; otherwise the loop asks `admits` before each step
        self._loop = loop
        self._on_failure = on_failure
        self._tasks: dict[asyncio.Task[Any], None] = {}
        self._at_crash: list[Callable[[], None]] = []
        self._at_step: Callable[[Process], None] | None = None
        self._held_back: list[asyncio.Handle] = []  # ready, while the process is paused
        # An empty context, not a copy of the caller's: nothing but messages passes between processes.
        self._context = contextvars.Context()
        self._context.run(_CURRENT.set, self)

    def __repr__(self) -> str:
        state = " crashed" if self.crashed else " paused" if self.is_paused else ""
        return f"<Process {self.name}{state}>"

    @property
    def context(self) -> contextvars.Context:
        """A fresh context that belongs to this process, for a callback or a task."""
        return self._context.copy()

    def spawn[T](self, coroutine: Coroutine[Any, Any, T], *, name: str | None = None) -> asyncio.Task[T]:
        """Start a task that belongs to this process. If it fails, the world is told. A dead process starts nothing."""
        assert not self.crashed, f"{self.name} has crashed and cannot start {name or coroutine}"
        task = self._loop.create_task(coroutine, name=name, context=self.context)
        task.add_done_callback(self._surface, context=self._context)
        return task

    def crash(self) -> None:
        """Kill the process now. What it had already sent still arrives."""
        if self.crashed:
            return
        self.crashed = True
        self.is_free = self.is_paused = False
        self._held_back.clear()
        for action in self._at_crash:
            action()

    def pause(self) -> None:
        """Let the process run nothing until it continues."""
        assert not self.crashed, f"{self.name} has crashed and cannot be paused"
        self.is_paused, self.is_free = True, False

    def proceed(self) -> None:
        """Let a paused process continue; it runs what has become ready, in that order, at once."""
        assert current_process() is None, "a process is continued from outside, between two turns of the loop"
        if self.is_paused:
            self.is_paused, self.is_free = False, self._at_step is None
            held_back, self._held_back = self._held_back, []
            self._loop.run_first(held_back)

    def at_step(self, watch: Callable[["Process"], None]) -> None:
        """Call `watch` before each step of the process; it may crash or pause the process and so prevent the step."""
        self._at_step, self.is_free = watch, False

    def admits(self, handle: asyncio.Handle) -> bool:
        """Tell whether a callback that is ready may run now; asked by the loop unless the process is free."""
        if self._at_step is not None and not self.crashed and not self.is_paused:
            self._at_step(self)
        if self.is_paused:
            self._held_back.append(handle)
        return not self.crashed and not self.is_paused

    def at_crash(self, action: Callable[[], None]) -> None:
        """Call `action` when the process dies, in the order of these calls: its sockets close, its peers notice."""
        self._at_crash.append(action)

    def adopt(self, task: asyncio.Task[Any]) -> None:
        """Hold on to a task until it is done. Called by the loop."""
        self._tasks[task] = None
        task.add_done_callback(self._tasks.pop, context=self._context)

    def _surface(self, task: asyncio.Task[Any]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._on_failure(self, error)

    def unfinished(self) -> list[asyncio.Task[Any]]:
        """The tasks that have not ended, in the order they were started."""
        return list(self._tasks)


def current_process() -> Process | None:
    """The process whose code is running; None for the simulation itself."""
    return _CURRENT.get()


def owner_of(context: contextvars.Context) -> Process | None:
    """The process to which a context belongs."""
    return context.get(_CURRENT)
