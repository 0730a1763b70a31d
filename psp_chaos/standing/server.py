"""uvicorn with two things more: it says when it is ready, and an application may cut the connection it is asked on."""

import socket
from collections.abc import Callable
from typing import cast, override

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from psp_chaos.wire.replies import ABORT


class AbortableProtocol(HttpToolsProtocol):
    """Offers the extension `paystorm.abort` with every request."""

    def on_message_begin(self) -> None:
        """Begin a request and put the extension into its scope."""
        super().on_message_begin()
        # ASGI types every extension as a mapping; this one is a callable, as its name in our own namespace allows.
        self.scope["extensions"] = cast("dict[str, dict[object, object]]", {ABORT: self._abort})

    def _abort(self) -> None:
        # Without this uvicorn would take a request that got no answer for a mistake and send a 500.
        self.cycle.disconnected = True
        self.transport.abort()


class ReadyServer(uvicorn.Server):
    """A server that says when the first request can come."""

    def __init__(self, config: uvicorn.Config, *, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()
