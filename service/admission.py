"""Back-pressure: so many requests are answered at once and no more; the others hear 503 now rather than nothing later.

A request counts until its answer is out. What happens after that (sending the attempt) has a bound of its own.
"""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.answers import answer_response
from service.problems import Problem

ALWAYS_ADMITTED = ("/healthz", "/readyz", "/metrics")  # how else would anybody see what is wrong


class Admission:
    """Counts the requests under way."""

    def __init__(self, app: ASGIApp, *, in_flight_max: int) -> None:
        """Wrap an app."""
        self._app = app
        self._in_flight_max = in_flight_max
        self._in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or turn it away."""
        if scope["type"] != "http" or scope["path"] in ALWAYS_ADMITTED:
            await self._app(scope, receive, send)
        elif self._in_flight >= self._in_flight_max:
            await _turned_away(scope, receive, send)
        else:
            await self._admitted(scope, receive, send)

    async def _admitted(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_counted = True
        self._in_flight += 1

        async def send_and_count(message: Message) -> None:
            nonlocal is_counted
            await send(message)
            if is_counted and message["type"] == "http.response.body" and not message.get("more_body", False):
                is_counted = False
                self._in_flight -= 1

        try:
            await self._app(scope, receive, send_and_count)
        finally:
            if is_counted:  # it ended without an answer
                self._in_flight -= 1


async def _turned_away(scope: Scope, receive: Receive, send: Send) -> None:
    response = answer_response(Problem.BUSY.answer("Too many requests are under way; nothing was done."))
    await response(scope, receive, send)
