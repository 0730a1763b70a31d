"""The pages at their paths: who may see them, and how a form is taken.

A form that was taken leads back to the page it was on, which then says what has happened.
"""

import hmac
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from pathlib import Path
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from psp_chaos.control.asked import read_bytes
from psp_chaos.control.page import views
from psp_chaos.control.page.deeds import DEEDS, Deed, Wish
from psp_chaos.control.page.render import TEMPLATES, render
from psp_chaos.control.page.sessions import Session, Sessions, is_word_of
from psp_chaos.control.plant import Plant, mode_of
from psp_chaos.control.refusals import FormOfSomebodyElse, Unreadable, status_of
from psp_chaos.errors import PspError
from psp_chaos.wire.realms import Realm

UI = "/_chaos/ui"
FIELDS_MAX = 100

_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
ASSETS = {"page.css": "text/css", "page.js": "text/javascript"}

type View = Callable[[views.Look], Awaitable[views.Context]]
type Endpoint = Callable[[Request], Awaitable[Response]]
type Taker = Callable[[Session, Mapping[str, str], Request], Awaitable[Response]]

_VIEWS: Mapping[str, tuple[str, View]] = {
    "": ("overview", views.overview),
    "/faults": ("faults", views.faults),
    "/webhooks": ("webhooks", views.webhooks),
    "/payments": ("payments", views.payments),
    "/payments/{id}": ("payment", views.payment),
    "/journal": ("journal", views.journal),
}


class Pages:
    """The control plane for people."""

    def __init__(self, plant: Plant) -> None:
        self._plant = plant
        self._sessions = Sessions(ids=plant.ids, path=UI)

    def routes(self) -> list[BaseRoute]:
        """Put every page and every form at its path."""
        return [
            Route(f"{UI}/login", self._show_login, methods=["GET"]),
            Route(f"{UI}/login", self._log_in, methods=["POST"]),
            Route(f"{UI}/logout", self._form(self._log_out), methods=["POST"]),
            Route(f"{UI}/realm", self._form(self._choose_realm), methods=["POST"]),
            *(Route(f"{UI}/{name}", asset(TEMPLATES / name, kind), methods=["GET"]) for name, kind in ASSETS.items()),
            *(Route(UI + path, self._page(name, view), methods=["GET"]) for path, (name, view) in _VIEWS.items()),
            *(Route(UI + path, self._form(self._doing(deed)), methods=["POST"]) for path, deed in DEEDS.items()),
        ]

    def _page(self, name: str, view: View) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            session = self._sessions.of(request)
            if session is None:
                return RedirectResponse(f"{UI}/login", status_code=HTTPStatus.SEE_OTHER)
            return await self._show(name, view, session, request)

        return endpoint

    async def _show(self, name: str, view: View, session: Session, request: Request) -> Response:
        look = views.Look(
            plant=self._plant,
            realm=self._realm(session),
            query=request.query_params,
            target=request.path_params.get("id", ""),
        )
        try:
            context = await view(look)
        except PspError as refusal:
            return self._refused(refusal, session, request)
        return self._html(name, session, request, context)

    def _refused(self, refusal: PspError, session: Session, request: Request) -> Response:
        return self._html("refused", session, request, {"message": str(refusal)}, status=status_of(refusal))

    def _html(
        self,
        name: str,
        session: Session,
        request: Request,
        context: views.Context,
        *,
        status: int = HTTPStatus.OK,
    ) -> Response:
        notice, is_alarm = session.notice, session.is_alarm
        if "x-refresh" not in request.headers:  # what a page fetches by itself nobody has read yet
            session.notice = None
        page = render(
            f"{name}.html.jinja",
            ui=UI,
            page=name,
            here=request.url.path + (f"?{request.url.query}" if request.url.query else ""),
            word=session.word,
            notice=notice,
            is_alarm=is_alarm,
            realms=[f"{realm.account} · {mode_of(realm)}" for realm in self._plant.psp.realms.all],
            realm_number=session.realm,
            **context,
        )
        return Response(page, status_code=status, media_type="text/html", headers=_HEADERS)

    async def _show_login(self, _request: Request) -> Response:
        return _login_page()

    async def _log_in(self, request: Request) -> Response:
        try:
            given = (await read_form(request)).get("token", "")
        except PspError as refusal:
            return _login_page(message=str(refusal), status=status_of(refusal))
        if not hmac.compare_digest(given.strip().encode(), self._plant.settings.control_token.encode()):
            return _login_page(message="This is not the control token.", status=HTTPStatus.FORBIDDEN)
        response = RedirectResponse(UI, status_code=HTTPStatus.SEE_OTHER)
        self._sessions.begin(request, response)
        return response

    def _form(self, take: Taker) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            session = self._sessions.of(request)
            if session is None:
                return RedirectResponse(f"{UI}/login", status_code=HTTPStatus.SEE_OTHER)
            try:
                form = await read_form(request)
            except ClientDisconnect:
                return Response()
            except PspError as refusal:
                return self._refused(refusal, session, request)
            if not is_word_of(session, form.get("word", "")):
                return self._refused(FormOfSomebodyElse(), session, request)
            return await take(session, form, request)

        return endpoint

    def _doing(self, deed: Deed) -> Taker:
        async def do(session: Session, form: Mapping[str, str], _request: Request) -> Response:
            try:
                session.notice = await deed(Wish(plant=self._plant, realm=self._realm(session), form=form))
                session.is_alarm = False
                self._plant.archive.commit()
            except PspError as refusal:
                session.notice, session.is_alarm = str(refusal), True
            return _back(form)

        return do

    async def _log_out(self, session: Session, _form: Mapping[str, str], request: Request) -> Response:
        response = RedirectResponse(f"{UI}/login", status_code=HTTPStatus.SEE_OTHER)
        self._sessions.end(session, request, response)
        return response

    async def _choose_realm(self, session: Session, form: Mapping[str, str], _request: Request) -> Response:
        number = form.get("realm", "")
        if number.isascii() and number.isdigit() and int(number) < len(self._plant.psp.realms.all):
            session.realm = int(number)
        return RedirectResponse(UI, status_code=HTTPStatus.SEE_OTHER)

    def _realm(self, session: Session) -> Realm:
        return self._plant.psp.realms.all[session.realm]


def _login_page(*, message: str | None = None, status: int = HTTPStatus.OK) -> Response:
    page = render("login.html.jinja", ui=UI, message=message)
    return Response(page, status_code=status, media_type="text/html", headers=_HEADERS)


def _back(form: Mapping[str, str]) -> Response:
    """Lead back to the page of a form; never away from these pages."""
    back = form.get("back", UI)
    is_ours = back == UI or back.startswith((f"{UI}/", f"{UI}?"))
    return RedirectResponse(back if is_ours else UI, status_code=HTTPStatus.SEE_OTHER)


async def read_form(request: Request) -> dict[str, str]:
    """Read what a form sent.

    Raises:
        Unreadable: It is no form.
        BodyTooLarge: It is too large to be one.
    """
    body = await read_bytes(request)
    try:
        return dict(parse_qsl(body.decode(), max_num_fields=FIELDS_MAX, strict_parsing=bool(body)))
    except ValueError:
        raise Unreadable(["this is not a form"]) from None


def asset(path: Path, kind: str) -> Endpoint:
    """Return what answers with a file that never changes while the process runs."""
    content = path.read_bytes()

    async def endpoint(_request: Request) -> Response:
        headers = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
        return Response(content, media_type=kind, headers=headers)

    return endpoint
