"""Simulated operating-system processes: who owns a task, and what dies with its owner.

Every task and callback carries its process in a context variable, so ownership follows `create_task` and `call_later`
by itself. A crash is SIGKILL: from that instant the loop runs nothing that the process owns, so no `finally`, no
`except` and no `__aexit__` of it ever runs in the simulation. Its tasks are kept, not dropped: collecting a suspended
coroutine would unwind it, and unwinding is exactly what a killed process does not do. `burial.py` disposes of them when
the world is over.
"""

import asyncio
import contextvars
from collections.abc import Callable, Coroutine
from typing import Any

_CURRENT: contextvars.ContextVar["Process | None"] = contextvars.ContextVar("paystorm_process", default=None)


class Process:
    """One process of the simulated machines, for one life: a restart is a new Process with the old name."""

    def __init__(
        self,
        *,
        name: str,
        loop: asyncio.AbstractEventLoop,
        on_failure: Callable[["Process", BaseException], None],
    ) -> None:
        self.name = name
        self.crashed = False
        self._loop = loop
        self._on_failure = on_failure
        self._tasks: dict[asyncio.Task[Any], None] = {}
        self._at_crash: list[Callable[[], None]] = []
        # An empty context, not a copy of the caller's: nothing but messages passes between processes.
        self._context = contextvars.Context()
        self._context.run(_CURRENT.set, self)

    def __repr__(self) -> str:
        return f"<Process {self.name}{' crashed' if self.crashed else ''}>"

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
        for action in self._at_crash:
            action()

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
