"""The outermost layer of a service that is watched: every request has an id, is counted, and leaves a line in the log.

A line never has a body, a query or a header in it, so it has no secret either. `/metrics` is answered here, to
whoever comes from this machine, or to whoever knows the token if there is one.
"""

import hmac
import logging
import re
from collections.abc import Awaitable, Callable

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from engine.ports import Clock, Ids
from service.answers import answer_response
from service.logs import obituary
from service.metrics import CONTENT_TYPE, Metrics
from service.problems import Problem

logger = logging.getLogger(__name__)

_REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")  # nothing that a log could take for more than a word
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")  # the rest is one word, too
_LOOPBACK = ("127.0.0.1", "::1")
_PAYMENT_ID = re.compile(r"[A-Za-z0-9_]{1,64}")
_UNMATCHED = "none"  # one word for all unknown paths, since anybody can invent them
# Nothing that we answer is for a cache to keep, or for a browser to take for a page.
_PRECAUTIONS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class Watch:
    """Wraps an app."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        metrics: Metrics,
        exposition: Callable[[], Awaitable[bytes]],
        clock: Clock,
        ids: Ids,
        token: str | None,
    ) -> None:
        """Take the app and where to tell; with a token, `/metrics` is for those who know it, else for this machine."""
        self._app = app
        self._metrics = metrics
        self._exposition = exposition
        self._clock = clock
        self._ids = ids
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["path"] == "/metrics":
            await (await self._scraped(Request(scope)))(scope, receive, send)
        else:
            request_id = _request_id(Headers(scope=scope)) or self._ids.new("req")
            with bound_contextvars(request_id=request_id):
                await self._served(scope, receive, self._watching(scope, send, request_id=request_id))

    async def _served(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except Exception as error:  # noqa: BLE001 - the border: a 500 has been sent, and the server would log every word
            logger.error("a request broke: %s", obituary(error))  # noqa: TRY400 - without the words, see above

    def _watching(self, scope: Scope, send: Send, *, request_id: str) -> Send:
        since_us, method = self._clock.now_us(), scope["method"]  # which is GET further in if it is HEAD

        async def watch(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request_id
                headers.update(_PRECAUTIONS)
                took_us = self._clock.now_us() - since_us
                self._tell(scope, headers, method=method, status=message["status"], took_us=took_us)
            await send(message)

        return watch

    def _tell(self, scope: Scope, headers: Headers, *, method: str, status: int, took_us: int) -> None:
        route = getattr(scope.get("route"), "path", _UNMATCHED)
        method = method if route != _UNMATCHED and method in _METHODS else _UNMATCHED
        self._metrics.request(method=method, route=route, status=status, took_us=took_us)
        with bound_contextvars(**_payment(scope, headers)):
            logger.info("%s %s was answered %s after %s ms", method, route, status, took_us // 1000)

    async def _scraped(self, request: Request) -> Response:
        if request.method not in ("GET", "HEAD"):
            response = answer_response(Problem.METHOD_NOT_ALLOWED.answer(Problem.METHOD_NOT_ALLOWED.title))
            response.headers["Allow"] = "GET, HEAD"
            return response
        if not self._may_scrape(request):
            return answer_response(Problem.NOT_FOUND.answer(Problem.NOT_FOUND.title))
        return Response(await self._exposition(), media_type=CONTENT_TYPE)

    def _may_scrape(self, request: Request) -> bool:
        if self._token is None:
            return request.client is not None and request.client.host in _LOOPBACK
        given = ",".join(request.headers.getlist("Authorization")).encode("utf-8", "surrogatepass")
        return hmac.compare_digest(given, f"Bearer {self._token}".encode())


def _request_id(headers: Headers) -> str | None:
    """Return the id that the client gave, if it is one and harmless."""
    given = headers.getlist("X-Request-Id")
    return given[0] if len(given) == 1 and _REQUEST_ID.fullmatch(given[0]) else None


def _payment(scope: Scope, headers: Headers) -> dict[str, str]:
    """Return the payment that a request was about: named in its path, or made by it."""
    made = re.match(r"/v1/payments/(\w+)", headers.get("Location", ""))
    payment_id = made[1] if made else scope.get("path_params", {}).get("payment_id", "")
    # What the client wrote there is whatever it likes until a route has taken it.
    return {"payment_id": payment_id} if _PAYMENT_ID.fullmatch(payment_id) else {}
