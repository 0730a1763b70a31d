"""The guard in front of the page: who comes under another name, or from another site, gets no further.

A browser can be led here by a page of somebody else. Under a name of his that he lets lead to 127.0.0.1 (DNS
rebinding), his scripts could read what is answered; so only our own name is answered. With a form on his page he could
press our buttons; so a form must come from our own page, besides the session's word that each of them carries.
"""

from http import HTTPStatus

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from scenarios.live.playground.playground import Playground

_READS = ("GET", "HEAD")


class Guard:
    """An ASGI application behind its guard."""

    def __init__(self, app: ASGIApp, playground: Playground) -> None:
        self._app = app
        self._url = playground.url
        self._headers = {
            "Content-Security-Policy": _policy(psp=playground.system.addresses.psp_url),
            "Cache-Control": "no-store",
            "Referrer-Policy": "same-origin",
            "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, or refuse it."""
        if scope["type"] != "http":
            return  # there is nothing else here

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        answer = self._refusal(Request(scope)) or self._app
        await answer(scope, receive, send_guarded)

    def _refusal(self, request: Request) -> Response | None:
        host = request.headers.get("host", "")
        if f"http://{host}" != self._url:
            if host.partition(":")[0] == "localhost" and request.method in _READS:
                return RedirectResponse(self._url)  # cookies would differ, and the PSP's page is under the number
            return _refused(HTTPStatus.MISDIRECTED_REQUEST, f"This page is at {self._url} and nowhere else.")
        # Every browser names the origin of a form. What names none is no browser, and has no cookie by accident.
        if request.method not in _READS and request.headers.get("origin", self._url) != self._url:
            return _refused(HTTPStatus.FORBIDDEN, "Another site has sent this.")
        return None


def _policy(*, psp: str) -> str:
    return (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; "
        f"form-action 'self' {psp}; frame-ancestors 'none'; base-uri 'none'"
    )


def _refused(status: HTTPStatus, text: str) -> Response:
    return PlainTextResponse(f"{text}\n", status_code=status)
