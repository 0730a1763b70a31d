"""The agenda: everything that is to happen by itself later, as rows that can be shown, moved and kept.

An entry waits until it is due, is taken off and handled, all in one breath with what the handler changes. After a
restart the entries that are left are waited for again; those that became due meanwhile are handled at once.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from psp_chaos.keeping.archive import Archive
from psp_chaos.ports import Clock, Ids
from psp_chaos.tasks import Tasks

MICROSECONDS_PER_SECOND = 1_000_000

type What = Mapping[str, JsonValue]
type Handler = Callable[[What], None]
type Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One thing that will happen."""

    id: str
    kind: str  # who handles it
    due_at_us: int
    what: What


class Agenda:
    """The entries of one realm, in the order in which they were made."""

    def __init__(self, *, clock: Clock, sleep: Sleep, ids: Ids, archive: Archive, tasks: Tasks) -> None:
        """Take the archive's entries; `sleep` waits so many seconds of the clock."""
        self._clock = clock
        self._sleep = sleep
        self._ids = ids
        self._archive = archive
        self._tasks = tasks
        self._handlers: dict[str, Handler] = {}
        self._waiting: dict[str, asyncio.Task[None]] = {}
        self.entries = archive.shelf("agenda", Entry)

    def handle(self, kind: str, handler: Handler) -> None:
        """Have entries of this kind handled so; a handler is synchronous and may start tasks."""
        assert kind not in self._handlers, f"{kind} has a handler"
        self._handlers[kind] = handler

    def add(self, kind: str, what: What, *, after_s: float) -> Entry:
        """Write down what is to happen so many seconds from now."""
        assert kind in self._handlers, f"nobody handles {kind}"
        due_at_us = self._clock.now_us() + round(after_s * MICROSECONDS_PER_SECOND)
        entry = Entry(id=self._ids.new("ag"), kind=kind, due_at_us=due_at_us, what=what)
        self.entries[entry.id] = entry
        self._start(entry, after_s=after_s)
        return entry

    def remove(self, entry_id: str) -> None:
        """Let something not happen; nothing is wrong with an entry that is gone."""
        if self.entries.pop(entry_id, None) is not None:
            self._waiting.pop(entry_id).cancel()

    def resume(self) -> None:
        """Wait for what an earlier process left."""
        for entry in list(self.entries.values()):
            self._start(entry, after_s=max(0, entry.due_at_us - self._clock.now_us()) / MICROSECONDS_PER_SECOND)

    def _start(self, entry: Entry, *, after_s: float) -> None:
        name = f"agenda/{entry.kind}/{entry.id}"
        self._waiting[entry.id] = self._tasks.start(self._await(entry, after_s=after_s), name=name)

    async def _await(self, entry: Entry, *, after_s: float) -> None:
        await self._sleep(after_s)
        del self._waiting[entry.id], self.entries[entry.id]
        self._handlers[entry.kind](entry.what)
        self._archive.commit()
