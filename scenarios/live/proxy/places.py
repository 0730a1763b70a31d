"""Where somebody listens on this machine: a port of loopback, or a unix socket."""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from scenarios.live.ports import LOOPBACK

type Greet = Callable[[StreamReader, StreamWriter], Awaitable[None]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """One of the two."""

    port: int = 0
    socket: Path | None = None

    async def connect(self) -> tuple[StreamReader, StreamWriter]:
        """Open a connection.

        Raises:
            OSError: Nobody listens there.
        """
        if self.socket is not None:
            return await asyncio.open_unix_connection(self.socket)
        return await asyncio.open_connection(LOOPBACK, self.port)

    async def listen(self, greet: Greet) -> asyncio.Server:
        """Let `greet` meet whoever comes.

        Raises:
            OSError: Somebody else listens there.
        """
        if self.socket is not None:
            return await asyncio.start_unix_server(greet, self.socket)
        return await asyncio.start_server(greet, LOOPBACK, self.port)
