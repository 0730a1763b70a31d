"""No body and no head of a request may be larger than agreed, whether it says so itself or not."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.answers import answer_response
from service.problems import Problem

HEADER_BYTES_MAX = 32_768  # all names and values; browsers and proxies stay below 16 KiB


class BodyLimit:
    """Reads a request's body before the app sees it, and answers 413 if it is too large.

    Bodies are small here, so they are held in memory; what is refused is never read to its end.
    """

    def __init__(self, app: ASGIApp, *, bytes_max: int) -> None:
        """Wrap an app."""
        self._app = app
        self._bytes_max = bytes_max

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if sum(len(name) + len(value) for name, value in scope["headers"]) > HEADER_BYTES_MAX:
            answer = Problem.HEADERS_TOO_LARGE.answer(f"At most {HEADER_BYTES_MAX} bytes are taken.")
            await answer_response(answer)(scope, receive, send)
            return
        messages = await self._received(receive)
        if messages is None:
            response = answer_response(Problem.BODY_TOO_LARGE.answer(f"At most {self._bytes_max} bytes are taken."))
            response.headers["Connection"] = "close"  # nobody waits for the rest
            await response(scope, receive, send)
        elif messages[-1]["type"] == "http.request":  # else the client has left in the middle of its body
            await self._app(scope, _replaying(messages, receive), send)

    async def _received(self, receive: Receive) -> list[Message] | None:
        """Return the messages up to the end of the body, or None if it is too large."""
        messages: list[Message] = []
        size = 0
        while True:
            message = await receive()
            messages.append(message)
            size += len(message.get("body", b""))
            if size > self._bytes_max:
                return None
            if not message.get("more_body", False):
                return messages


def _replaying(messages: list[Message], receive: Receive) -> Receive:
    """Return a `receive` that gives these messages again before it asks for new ones."""

    async def replay() -> Message:
        return messages.pop(0) if messages else await receive()

    return replay
