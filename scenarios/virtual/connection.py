"""The client's end of a database connection: the transport that asyncpg writes to, in virtual time.

What is written leaves at once and arrives at the server's end (`session.py`) after a drawn delay; a reply comes back
after another and never overtakes the one before it.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from scenarios.virtual.loop import VirtualLoop
from scenarios.virtual.processes import Process
from scenarios.virtual.session import Session


class Connection(asyncio.Transport):
    """One connection, as long as the client holds it."""

    def __init__(
        self,
        *,
        loop: VirtualLoop,
        process: Process,
        session: Session,
        protocol: asyncio.Protocol,
        delay_ns: Callable[[], int],
    ) -> None:
        super().__init__()
        self.process = process
        self.session = session
        self._loop = loop
        self._protocol = protocol
        self._delay_ns = delay_ns
        self._context = process.context
        self._under_way = bytearray()  # written, and not yet at the server
        self._last_reply_ns = 0
        self._closing = False  # the client neither writes nor reads any more
        self._lost = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send bytes on their way; what is written before they arrive goes with them."""
        if self._closing:
            return
        if not self._under_way:
            self._loop.after(self._delay_ns(), self._arrive)
        self._under_way += data

    def writelines(self, list_of_data: Iterable[bytes | bytearray | memoryview]) -> None:
        """Send several pieces on their way, together."""
        for data in list_of_data:
            self.write(data)

    def _arrive(self) -> None:
        data, self._under_way = bytes(self._under_way), bytearray()
        self.session.arrive(data)
        if self._closing:
            self.session.end()

    def deliver(self, data: bytes, *, late_ns: int = 0) -> None:
        """Send a reply on its way back, after the server has sat on it for a while."""
        self._send_back(partial(self._hand_over, data), late_ns=late_ns)

    def _send_back(self, arrive: Callable[[], object], *, late_ns: int = 0) -> None:
        now_ns = self._loop.now_ns
        self._last_reply_ns = max(now_ns + late_ns + self._delay_ns(), self._last_reply_ns + 1)
        self._loop.after(self._last_reply_ns - now_ns, arrive)

    def _hand_over(self, data: bytes) -> None:
        if not self._closing:
            self._loop.call_soon(self._protocol.data_received, data, context=self._context)

    def lose(self, error: Exception | None) -> None:
        """Let the client know, after all that was sent before, that the server has hung up."""
        self._send_back(partial(self._loop.call_soon, self._tell, error, context=self._context))

    def close(self) -> None:
        """Hang up; what has been written is in the operating system's hands and still arrives."""
        self.sever()
        self._loop.call_soon(self._tell, None, context=self._context)

    def abort(self) -> None:
        """Hang up: the same, since asyncio's own buffer does not exist here."""
        self.close()

    def sever(self) -> None:
        """Hang up without telling the client, which is dead or knows."""
        if self._closing:
            return
        self._closing = True
        self.session.abandon()
        if not self._under_way:
            self._loop.after(self._delay_ns(), self.session.end)

    def _tell(self, error: Exception | None) -> None:
        if not self._lost:
            self._lost = self._closing = True
            self._protocol.connection_lost(error)

    @property
    def is_lost(self) -> bool:
        """Whether the client has been told that the connection is gone."""
        return self._lost

    def disown(self) -> None:
        """Let a dead client's driver know, lest its finalizer complain; whatever it makes of the news goes nowhere."""
        with contextlib.suppress(Exception):
            self._tell(None)

    def dispose(self) -> None:
        """Leave nothing behind when the world closes: no backend, and no driver that thinks itself connected."""
        self.session.backend.hang_up()
        self.disown()

    def is_closing(self) -> bool:
        """Whether the client has hung up."""
        return self._closing

    def get_protocol(self) -> asyncio.BaseProtocol:
        """The client's protocol."""
        return self._protocol

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Change the client's protocol, as asyncpg does after the question for TLS."""
        assert isinstance(protocol, asyncio.Protocol)
        self._protocol = protocol

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """The socket, which asyncpg wants to tune when it is TCP; nothing else is known."""
        return self.session.backend.socket if name == "socket" else default

    def pause_reading(self) -> None:
        """Ignored: replies are delivered whole."""

    def resume_reading(self) -> None:
        """Ignored: replies are delivered whole."""
