"""One request, on its way until it is answered or has failed, and how a task waits for that."""

import asyncio
from dataclasses import dataclass
from functools import partial

import simpy

from scenarios.virtual.asgi import Answer, Request
from scenarios.virtual.errors import ConnectionFailed
from scenarios.virtual.messages import Link
from scenarios.virtual.processes import Process


@dataclass(kw_only=True, slots=True, eq=False)
class Exchange:
    """A request and what becomes of it."""

    link: Link
    request: Request
    outcome: simpy.Event  # an Answer, or ConnectionFailed
    asker: Process | None  # None: a customer
    server: Process | None = None  # known once the request has arrived
    opening: simpy.Event | None = None  # of the connection; None if it was open before or opened at once
    is_copy: bool = False  # made by the network: nobody asked, and nobody is answered

    @property
    def is_given_up(self) -> bool:
        """Whether nobody waits any more: the asker has hung up, or is dead.

        Whoever stops waiting for an event takes its callback away, as SimPy's conditions do.
        """
        waits = self.outcome.callbacks or (self.opening is not None and self.opening.callbacks)
        return not waits or (self.asker is not None and self.asker.crashed)

    async def opened(self) -> None:
        """Wait until the connection is open, or has failed."""
        if self.opening is not None:
            await _happened(self.opening)

    async def answer(self) -> Answer:
        """Wait for the answer.

        Raises:
            ConnectionFailed: None came.
        """
        answer = await _happened(self.outcome)
        assert isinstance(answer, Answer)
        return answer


async def _happened(event: simpy.Event) -> object:
    """Wait for an event as a task."""
    future: asyncio.Future[object] = asyncio.get_running_loop().create_future()
    settle = partial(_settle, future)
    if event.callbacks is None:
        settle(event)
    else:
        event.callbacks.append(settle)
    try:
        return await future
    except asyncio.CancelledError:
        if event.callbacks is not None:
            event.callbacks.remove(settle)
        raise


def _settle(future: asyncio.Future[object], event: simpy.Event) -> None:
    """Hand an event's outcome to the task that waits, unless it was cancelled in the meantime."""
    if future.done():
        return
    if event.ok:
        future.set_result(event.value)
    else:
        assert isinstance(event.value, ConnectionFailed)
        future.set_exception(event.value)
