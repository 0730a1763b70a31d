"""A request that is sent a second time, as a proxy does that tries again on its own."""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress

from scenarios.live.proxy.http_text import is_whole

_PATIENCE_S = 30.0  # for the reply, which nobody reads
_BYTES_MAX = 1_048_576  # what is longer is not sent again

type Connect = Callable[[], Awaitable[tuple[StreamReader, StreamWriter] | None]]
type Spawn = Callable[[Coroutine[None, None, None]], None]


class RequestCopy:
    """The bytes of a request; once it is whole, it is sent again."""

    def __init__(self, data: bytes, *, connect: Connect, spawn: Spawn, after_s: float) -> None:
        """Begin with these bytes; send what they become to where `connect` leads, so long after it is whole."""
        self._bytes = bytearray()
        self._connect = connect
        self._spawn = spawn
        self._after_s = after_s
        self._is_sent = False
        self.add(data)

    def add(self, data: bytes) -> None:
        """Add what follows of the request."""
        self._bytes += data
        if not self._is_sent and len(self._bytes) <= _BYTES_MAX and is_whole(bytes(self._bytes)):
            self._is_sent = True
            self._spawn(self._send())

    async def _send(self) -> None:
        await asyncio.sleep(self._after_s)
        upstream = await self._connect()
        if upstream is None:
            return
        reader, writer = upstream
        with suppress(OSError, TimeoutError):
            writer.write(self._bytes)
            async with asyncio.timeout(_PATIENCE_S):
                await reader.read(1)
        writer.close()
