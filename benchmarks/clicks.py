"""Customers who never wait: each connection sends its next request as soon as it has its answer.

As little work as there can be, because they share the machine with what they measure.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import cast

import uvloop

_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = b"content-length: "


@dataclass(frozen=True, kw_only=True, slots=True)
class Clicked:
    """How many requests were answered as they should be, and how long that took."""

    count: int
    seconds: float

    @property
    def rate(self) -> float:
        """Return requests per second."""
        return self.count / self.seconds


def click(ports: Sequence[int], requests: Iterator[bytes], *, connections: int, expects: bytes) -> Clicked:
    """Send the requests over so many connections to each port, and return when all are answered.

    Raises:
        AssertionError: An answer did not begin as expected, or a connection was lost.
    """

    async def all_of_them() -> Clicked:
        loop = asyncio.get_running_loop()
        customers = [_Customer(requests=requests, expects=expects) for _ in range(connections * len(ports))]
        started_s = time.perf_counter()
        for number, customer in enumerate(customers):
            await loop.create_connection(lambda one=customer: one, "127.0.0.1", ports[number % len(ports)])
        await asyncio.gather(*(customer.has_ended for customer in customers))
        return Clicked(count=sum(one.answered for one in customers), seconds=time.perf_counter() - started_s)

    return asyncio.run(all_of_them(), loop_factory=uvloop.new_event_loop)


def for_a_while(requests: Iterator[bytes], *, seconds: float) -> Iterator[bytes]:
    """Return the requests that are begun within a while, which begins with the first one."""
    until_s = None
    for request in requests:
        now_s = time.perf_counter()
        until_s = now_s + seconds if until_s is None else until_s
        if now_s >= until_s:
            return
        yield request


def is_whole(answer: bytes) -> bool:
    """Tell whether an answer has arrived to its end."""
    head, found, body = answer.partition(_END_OF_HEAD)
    return bool(found) and len(body) >= int(head.lower().partition(_LENGTH)[2].partition(b"\r\n")[0])


@dataclass(kw_only=True, eq=False)
class _Customer(asyncio.Protocol):
    """One connection with one request under way."""

    requests: Iterator[bytes]
    expects: bytes
    answered: int = 0
    has_ended: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    _received: bytes = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's own class is no subclass of it
        self._go_on()

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not is_whole(self._received):
            return
        if not self._received.startswith(self.expects):
            self._fail(self._received.decode(errors="replace"))
            return
        self._received = b""
        self.answered += 1
        self._go_on()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.has_ended.done():
            self._fail(f"the connection was lost: {exc}")

    def _go_on(self) -> None:
        request = next(self.requests, None)
        if request is not None:
            self._transport.write(request)
            return
        self.has_ended.set_result(None)
        self._transport.close()

    def _fail(self, what: str) -> None:
        self.has_ended.set_exception(AssertionError(what))
        self._transport.abort()
