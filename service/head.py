"""HEAD is GET without the body (RFC 9110, section 9.3.2), for every address at once."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Head:
    """Asks an app for GET, and keeps the body to itself."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an app."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and scope["method"] == "HEAD":
            scope["method"] = "GET"  # in place, because what is found out about the route is written there too
            send = _bodiless(send)
        await self._app(scope, receive, send)


def _bodiless(send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return sent
