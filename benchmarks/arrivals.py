"""Customers who come when they come: as many a second as were asked for, however slow the answers are.

Nobody waits for an answer before the next one comes, so slow answers are neither hidden nor thinned out (coordinated
omission). Each request takes a connection that is free, or waits for one; that wait is part of what it takes.
"""

import asyncio
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from time import perf_counter
from typing import cast

import uvloop

from benchmarks.clicks import is_whole

_CONNECTIONS = 48  # to each service at most: more than it works on at once
_FAREWELL_S = 0.01
_REST_S = 3.0  # then a connection is left alone, because the service closes it soon


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrived:
    """What became of everybody who came."""

    answers_s: Sequence[float]  # from coming to the answer
    seconds: float  # that people came for
    late_s: Sequence[float]  # how far each came behind time, because this program got no processor


def arrive(
    ports: Sequence[int], requests: Iterator[bytes], *, rate: float, seconds: float, seed: int, expects: bytes
) -> Arrived:
    """Let people come at random moments (a Poisson process) to services drawn at random; return when all are answered.

    Raises:
        AssertionError: An answer did not begin as expected, or a connection was lost.
    """

    async def all_of_them() -> Arrived:
        queues = [_Queue(port=port, expects=expects) for port in ports]
        try:
            return await _let_come(queues, requests, rate=rate, seconds=seconds, random=Random(seed))
        finally:
            for queue in queues:
                queue.hang_up()
            await asyncio.sleep(_FAREWELL_S)  # uvloop waits for ever for a connection that nobody has closed

    return asyncio.run(all_of_them(), loop_factory=uvloop.new_event_loop)


async def _let_come(
    queues: Sequence["_Queue"], requests: Iterator[bytes], *, rate: float, seconds: float, random: Random
) -> Arrived:
    began_s = due_s = perf_counter()
    late_s: list[float] = []
    while (due_s := due_s + random.expovariate(rate)) < began_s + seconds:
        if (early_s := due_s - perf_counter()) > 0:
            await asyncio.sleep(early_s)
        late_s.append(perf_counter() - due_s)
        random.choice(queues).come(next(requests))
    took_s = perf_counter() - began_s
    for queue in queues:
        await queue.empty()
    return Arrived(answers_s=[one for queue in queues for one in queue.answers_s], seconds=took_s, late_s=late_s)


@dataclass(kw_only=True, eq=False)
class _Queue:
    """Everybody who came to one service."""

    port: int
    expects: bytes
    answers_s: list[float] = field(default_factory=list)
    _free: list["_Line"] = field(default_factory=list)  # the one that was used last is at the end
    _waiting: deque[tuple[float, bytes]] = field(default_factory=deque)
    _lines: set["_Line"] = field(default_factory=set)
    _calls: set[asyncio.Task[None]] = field(default_factory=set)
    _present: int = 0
    _is_empty: asyncio.Event = field(default_factory=asyncio.Event)
    _failure: str | None = None

    def come(self, request: bytes) -> None:
        """Take somebody in."""
        assert self._failure is None, self._failure
        self._present += 1
        self._waiting.append((perf_counter(), request))
        self._serve()

    def answered(self, line: "_Line", came_s: float) -> None:
        """Let somebody go."""
        self.answers_s.append(perf_counter() - came_s)
        self._present -= 1
        self._free.append(line)
        self._serve()

    def lost(self, line: "_Line", *, is_idle: bool) -> None:
        """Forget a connection that was closed."""
        self._lines.discard(line)
        if is_idle:
            self._free = [one for one in self._free if one is not line]
        else:
            self.fail("a connection was lost before the answer came")

    def fail(self, what: str) -> None:
        """Remember what went wrong; whoever comes next raises it."""
        self._failure = what
        self._is_empty.set()

    async def empty(self) -> None:
        """Return when everybody has gone."""
        if self._present and self._failure is None:
            self._is_empty.clear()
            await self._is_empty.wait()
        assert self._failure is None, self._failure

    def hang_up(self) -> None:
        """Close every connection, whoever is on it."""
        for call in self._calls:
            call.cancel()
        for line in list(self._lines):
            line.close()

    def _serve(self) -> None:
        while self._waiting and (line := self._rested()):
            line.send(*self._waiting.popleft())
        for _ in range(min(len(self._waiting) - len(self._calls), _CONNECTIONS - len(self._lines) - len(self._calls))):
            call = asyncio.get_running_loop().create_task(self._call())
            self._calls.add(call)
            call.add_done_callback(self._calls.discard)
        if not self._present:
            self._is_empty.set()

    def _rested(self) -> "_Line | None":
        while self._free:
            line = self._free.pop()
            if perf_counter() - line.rests_since_s < _REST_S:
                return line
            line.close()
        return None

    async def _call(self) -> None:
        try:
            _, line = await asyncio.get_running_loop().create_connection(lambda: _Line(self), "127.0.0.1", self.port)
        except OSError as error:
            self.fail(str(error))
            return
        self._lines.add(line)
        self._free.append(line)
        self._serve()


class _Line(asyncio.Protocol):
    """One connection with at most one request under way."""

    def __init__(self, queue: _Queue) -> None:
        self.rests_since_s = perf_counter()
        self._queue = queue
        self._received = b""
        self._came_s: float | None = None  # who is being served; None: nobody

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's own class is no subclass of it

    def send(self, came_s: float, request: bytes) -> None:
        self._came_s = came_s
        self._transport.write(request)

    def close(self) -> None:
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not is_whole(self._received):
            return
        answer, self._received = self._received, b""
        came_s, self._came_s, self.rests_since_s = self._came_s, None, perf_counter()
        if came_s is not None and answer.startswith(self._queue.expects):
            self._queue.answered(self, came_s)
        else:
            self._queue.fail(answer.decode(errors="replace"))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - what matters is whether somebody waits
        self._queue.lost(self, is_idle=self._came_s is None)
