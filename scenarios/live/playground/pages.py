"""The page at its address, and its forms.

Whoever has shown the token has a session; a form carries the session's word. A form that was taken leads back to the
page, which then says what has happened.
"""

import hmac
import secrets
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from pathlib import Path

import httpx
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from psp_chaos.control.page.pages import ASSETS, asset, read_form
from psp_chaos.control.page.render import TEMPLATES as PSP_TEMPLATES
from psp_chaos.control.page.sessions import Session, Sessions, is_word_of
from psp_chaos.errors import PspError
from psp_chaos.standing.process import SystemIds
from scenarios.errors import ScenarioError
from scenarios.live.curl import create_payment, list_faults, read_payment
from scenarios.live.playground.outlook import look_around
from scenarios.live.playground.playground import TOKEN_FIELD, Playground
from scenarios.live.playground.render import render
from scenarios.live.playground.shop import Shop
from scenarios.live.playground.weather import change, clear

CLICKS = 5  # of somebody who is impatient
_TEMPLATES = Path(__file__).parent / "templates"
_OWN_ASSETS = {"playground.css": "text/css", "playground.js": "text/javascript"}

type Form = Mapping[str, str]
type Endpoint = Callable[[Request], Awaitable[Response]]


class Pages:
    """The page for whoever has its link."""

    def __init__(self, playground: Playground, *, http: httpx.AsyncClient) -> None:
        self._playground = playground
        self._http = http
        self._shop = Shop(playground, http)
        self._sessions = Sessions(ids=SystemIds(), path="/")
        files = {PSP_TEMPLATES / name: kind for name, kind in ASSETS.items()}
        files |= {_TEMPLATES / name: kind for name, kind in _OWN_ASSETS.items()}
        self.app = Starlette(
            routes=[
                Route("/", self._show, methods=["GET"]),
                Route("/enter", self._enter, methods=["POST"]),
                Route("/buy", self._form(self._buy), methods=["POST"]),
                Route("/weather", self._form(self._change_weather), methods=["POST"]),
                *(Route(f"/{path.name}", asset(path, kind), methods=["GET"]) for path, kind in files.items()),
            ]
        )

    async def _show(self, request: Request) -> Response:
        if TOKEN_FIELD in request.query_params:
            return self._let_in(request, request.query_params[TOKEN_FIELD])
        session = self._sessions.of(request)
        if session is None:
            return _door()
        outlook = await look_around(self._playground, shop=self._shop, http=self._http)
        notice, is_alarm = session.notice, session.is_alarm
        if "x-refresh" not in request.headers:  # what a page fetches by itself nobody has read yet
            session.notice = None
        page = render(
            "playground.html.jinja",
            playground=self._playground,
            system=self._playground.system,
            outlook=outlook,
            commands=self._commands(),
            clicks=CLICKS,
            word=session.word,
            notice=notice,
            is_alarm=is_alarm,
        )
        return Response(page, media_type="text/html")

    def _commands(self) -> Mapping[str, str]:
        """Return what to paste into a shell, about an order that nobody has paid yet."""
        system, order = self._playground.system, f"order-{secrets.token_hex(3)}"
        return {
            "Create a payment. Again, it is the same click: the same answer, and nobody pays twice.": create_payment(
                system, order=order, key=f"click-{order}"
            ),
            "See how it is doing.": read_payment(system, order=order),
            "See what the PSP does wrong.": list_faults(system),
        }

    async def _enter(self, request: Request) -> Response:
        try:
            form = await read_form(request)
        except ClientDisconnect:
            return Response()
        except PspError as refusal:
            return _door(message=str(refusal))
        return self._let_in(request, form.get(TOKEN_FIELD, "").strip())

    def _let_in(self, request: Request, token: str) -> Response:
        if not hmac.compare_digest(token.encode(), self._playground.token.encode()):
            return _door(message="This is not the token. Each `paystorm serve` makes a new one.")
        response = RedirectResponse("/", status_code=HTTPStatus.SEE_OTHER)
        self._sessions.begin(request, response)
        return response

    def _form(self, deed: Callable[[Form], Awaitable[str]]) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            session = self._sessions.of(request)
            if session is None:
                return _door()
            try:
                form = await read_form(request)
                if not is_word_of(session, form.get("word", "")):
                    return _door(message="This form was made for somebody else.")
                await _do(deed, form, session)
            except ClientDisconnect:
                return Response()
            except PspError as refusal:
                session.notice, session.is_alarm = str(refusal), True
            return RedirectResponse("/", status_code=HTTPStatus.SEE_OTHER)

        return endpoint

    async def _buy(self, form: Form) -> str:
        return await self._shop.buy(clicks=CLICKS if form.get("clicks") == "many" else 1)

    async def _change_weather(self, form: Form) -> str:
        name, control = form.get("name"), self._playground.system.control
        return await (run_in_threadpool(clear, control) if not name else run_in_threadpool(change, control, name))


async def _do(deed: Callable[[Form], Awaitable[str]], form: Form, session: Session) -> None:
    """Do it, and leave word of how it went."""
    try:
        session.notice, session.is_alarm = await deed(form), False
    except (httpx.HTTPError, ScenarioError) as failure:
        session.notice, session.is_alarm = f"It could not be done: {failure}", True


def _door(*, message: str | None = None) -> Response:
    """Return what somebody sees who has not shown the token."""
    page = render("door.html.jinja", field=TOKEN_FIELD, message=message)
    return Response(page, status_code=HTTPStatus.FORBIDDEN, media_type="text/html")
