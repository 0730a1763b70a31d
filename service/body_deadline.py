"""Whoever sends a body drop by drop is not waited for.

Only the real service has this around it: it is a matter of the connection, and simulated ones deliver bodies whole.
"""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.answers import answer_response
from service.problems import Problem


class BodyDeadline:
    """Gives a request's body so many seconds from its first byte to its last, then answers 408."""

    def __init__(self, app: ASGIApp, *, patience_s: float) -> None:
        """Wrap an app that reads bodies before it does anything."""
        self._app = app
        self._patience_s = patience_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            await self._app(scope, self._hurried(receive), send)
        except _BodyTooSlow:
            response = answer_response(Problem.BODY_TOO_SLOW.answer(f"It has {self._patience_s:g} seconds."))
            response.headers["Connection"] = "close"  # the rest of the body must not be taken for a request
            await response(scope, receive, send)

    def _hurried(self, receive: Receive) -> Receive:
        deadline = asyncio.get_running_loop().time() + self._patience_s
        is_whole = False

        async def hurried() -> Message:
            nonlocal is_whole
            if is_whole:  # what comes now is the client's leaving, and may take as long as it likes
                return await receive()
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive()
            except TimeoutError as error:
                raise _BodyTooSlow from error
            is_whole = not message.get("more_body", False)
            return message

        return hurried


class _BodyTooSlow(Exception):
    """The deadline has passed and the body is not whole."""
