"""The bytes of one connection through a link, turn by turn."""

import asyncio
import socket
import struct
from asyncio import StreamReader, StreamWriter
from contextlib import suppress
from typing import TYPE_CHECKING

from scenarios.live.proxy.http_text import shorten
from scenarios.live.proxy.request_copy import RequestCopy
from scenarios.live.proxy.troubles import Cut, CutReply, Duplicated, HalfOpened, Shortened, Way

if TYPE_CHECKING:
    from scenarios.live.proxy.link import Link

_CHUNK_BYTES = 65_536
_AT_ONCE = struct.pack("ii", 1, 0)  # linger on, for no time: closing sends a reset (socket(7))

type Stream = tuple[StreamReader, StreamWriter]


class _Over(Exception):
    """The connection is to be reset."""


class Conversation:
    """One connection, as two halves."""

    def __init__(self, link: "Link", *, asker: Stream, asked: Stream) -> None:
        self._link = link
        self._asker_in, self._asker_out = asker
        self._asked_in, self._asked_out = asked
        self._last: Way = Way.BACK  # in which direction bytes crossed last
        self._is_dead = False
        self._loses_reply = False
        self._copy: RequestCopy | None = None

    async def carry(self) -> None:
        """Carry bytes both ways until both have ended, or one breaks."""
        halves = [
            asyncio.ensure_future(self._carry(Way.THERE, self._asker_in, self._asked_out)),
            asyncio.ensure_future(self._carry(Way.BACK, self._asked_in, self._asker_out)),
        ]
        try:
            await asyncio.gather(*halves)
            self._asked_out.close()
            self._asker_out.close()
        except (OSError, _Over):
            self.reset()
        finally:
            for half in halves:
                half.cancel()
            self.reset()

    def reset(self) -> None:
        """Reset it at both ends, unless it has ended."""
        reset(self._asker_out)
        reset(self._asked_out)

    async def _carry(self, way: Way, reader: StreamReader, writer: StreamWriter) -> None:
        while data := await reader.read(_CHUNK_BYTES):
            if self._last is not way:
                data = await self._begin(way, data)
            elif way is Way.THERE and self._copy is not None:
                self._copy.add(data)
            if self._is_dead:
                continue
            await self._link.crossing(way)
            writer.write(data)
            await writer.drain()
            await self._keep_pace(len(data))
        await self._end(way, writer)

    async def _begin(self, way: Way, data: bytes) -> bytes:
        """Begin a request or a reply: late, not at all, or only in part. Return what of it crosses."""
        self._last = way
        if self._loses_reply:
            raise _Over
        match self._link.fate(way, data):
            case Cut():
                raise _Over
            case CutReply():
                self._loses_reply = True
            case HalfOpened():
                self._is_dead = True
            case Shortened(share=share):
                self._asker_out.write(shorten(data, share=share))
                self._asker_out.close()  # what is written still goes out
                raise _Over
            case Duplicated(after_s=after_s):
                self._copy = RequestCopy(data, connect=self._link.connect, spawn=self._link.spawn, after_s=after_s)
            case None if way is Way.THERE:
                self._copy = None
        if delay_s := self._link.delay_s(way):
            await asyncio.sleep(delay_s)
        return data

    async def _end(self, way: Way, writer: StreamWriter) -> None:
        """Pass it on that one side has said all that it wanted to."""
        await self._link.crossing(way)
        if self._is_dead:
            return
        with suppress(OSError):
            writer.write_eof()

    async def _keep_pace(self, size_bytes: int) -> None:
        if rate := self._link.bytes_per_s():
            await asyncio.sleep(size_bytes / rate)


def reset(writer: StreamWriter) -> None:
    """Close a connection so that the other side gets a reset and not an end."""
    if writer.transport.is_closing():
        return
    connection: socket.socket = writer.get_extra_info("socket")
    if connection.family != socket.AF_UNIX:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
    writer.transport.abort()
