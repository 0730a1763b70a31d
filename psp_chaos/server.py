"""uvicorn with one thing more: an application may cut the connection it is being asked on."""

from typing import cast

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
