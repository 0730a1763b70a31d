"""A SimPy queue in real time: its processes are those of the virtual world, and its clock is the one on the wall.

`simpy.rt` sleeps between two events; here the same loop carries customers and proxies meanwhile. An event that is late,
because the machine is busy, happens as soon as it can, and nothing is left out.
"""

import asyncio
import time
from collections.abc import Coroutine
from functools import partial
from math import inf
from random import Random

import simpy

from scenarios.randomness import Streams
from scenarios.units import NS_PER_S

_REST_S = 0.25  # how long to rest when nothing is to come


class RealTime:
    """The queue of one run, and its seed."""

    def __init__(self, *, seed: int) -> None:
        self.env = simpy.Environment(initial_time=0)
        self._streams = Streams(seed)
        self._under_way: set[asyncio.Task[None]] = set()

    def stream(self, *name: str) -> Random:
        """Return the random stream of that name."""
        return self._streams.stream(*name)

    async def play(self) -> None:
        """Let everything happen at its time, counted from now, until cancelled.

        Raises:
            Exception: A process failed.
        """
        began_ns = time.monotonic_ns()
        while True:
            due_ns = self.env.peek()
            wait_s = _REST_S if due_ns == inf else (due_ns - (time.monotonic_ns() - began_ns)) / NS_PER_S
            if wait_s > 0:
                await asyncio.sleep(min(wait_s, _REST_S))
            else:
                self.env.step()
                await asyncio.sleep(0)  # the others have their turn, however late we are

    def perform(self, work: Coroutine[None, None, None]) -> simpy.Event:
        """Let something go on beside the queue, and return the event of its end; if it fails, so does the event."""
        event, task = self.env.event(), asyncio.ensure_future(work)
        self._under_way.add(task)
        task.add_done_callback(partial(self._settle, event))
        return event

    async def end(self) -> None:
        """Give up what goes on beside the queue."""
        under_way = list(self._under_way)
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)

    def _settle(self, event: simpy.Event, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        if task.cancelled():
            return  # the run is over
        if (error := task.exception()) is None:
            event.succeed()
        else:
            event.fail(error if isinstance(error, Exception) else RuntimeError(repr(error)))
