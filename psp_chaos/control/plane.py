"""The control plane as an application in front of the provider: what is not its own it hands on."""

import hmac
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from psp_chaos.control.actions import Action
from psp_chaos.control.asked import Asked, read_body, read_query
from psp_chaos.control.books import BOOK_ACTIONS
from psp_chaos.control.clock import CLOCK_ACTIONS
from psp_chaos.control.diary import DIARY_ACTIONS
from psp_chaos.control.faults import FAULT_ACTIONS
from psp_chaos.control.openapi import openapi
from psp_chaos.control.page.pages import Pages
from psp_chaos.control.payments import PAYMENT_ACTIONS
from psp_chaos.control.plant import Plant
from psp_chaos.control.presets import PRESET_ACTIONS
from psp_chaos.control.refusals import NotThere, TokenMissing, refused
from psp_chaos.control.webhooks import WEBHOOK_ACTIONS
from psp_chaos.control.whole import WHOLE_ACTIONS
from psp_chaos.errors import PspError

ROOT = "/_chaos"

ACTIONS: tuple[Action, ...] = (
    *WHOLE_ACTIONS,
    *FAULT_ACTIONS,
    *PRESET_ACTIONS,
    *BOOK_ACTIONS,
    *DIARY_ACTIONS,
    *CLOCK_ACTIONS,
    *WEBHOOK_ACTIONS,
    *PAYMENT_ACTIONS,
)

type Endpoint = Callable[[Request], Awaitable[Response]]


class ControlPlane:
    """The provider with its control plane, as one ASGI application."""

    def __init__(self, plant: Plant) -> None:
        self._plant = plant
        self._token = plant.settings.control_token
        self._framework = Starlette(
            routes=[*self._routes(), *Pages(plant).routes()],
            exception_handlers={HTTPStatus.NOT_FOUND: _nowhere, HTTPStatus.METHOD_NOT_ALLOWED: _nowhere},
        )

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request; this is the ASGI application."""
        if scope["type"] == "http" and f"{scope['path']}/".startswith(f"{ROOT}/"):
            await self._framework(scope, receive, send)
        else:
            await self._plant.psp.app(scope, receive, send)

    def _routes(self) -> list[BaseRoute]:
        return [
            Route(ROOT, _to_the_page, methods=["GET"]),
            Route(f"{ROOT}/openapi.json", self._document, methods=["GET"]),
            *(Route(ROOT + action.path, self._endpoint(action), methods=[action.method]) for action in ACTIONS),
        ]

    def _endpoint(self, action: Action) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            try:
                if not action.is_open:
                    self._require_token(request)
                return await self._perform(action, request)
            except PspError as refusal:
                return refused(refusal)
            except ClientDisconnect:
                return Response()  # nobody is there to read it

        return endpoint

    async def _perform(self, action: Action, request: Request) -> Response:
        asked = Asked(
            plant=self._plant,
            query=read_query(action.query, request),
            body=None if action.body is None else await read_body(action.body, request),
            target=request.path_params.get("id", ""),
        )
        answer = await action.perform(asked)
        if action.method != "GET":
            self._plant.archive.commit()
        if isinstance(answer, Response):
            return answer
        if answer is None:
            return Response(status_code=HTTPStatus.NO_CONTENT)
        return JSONResponse(answer, status_code=action.status)

    async def _document(self, request: Request) -> Response:
        try:
            self._require_token(request)
        except PspError as refusal:
            return refused(refusal)
        return JSONResponse(openapi(ACTIONS, root=ROOT))

    def _require_token(self, request: Request) -> None:
        given = request.headers.get("authorization", "").encode()
        if not hmac.compare_digest(given, f"Bearer {self._token}".encode()):
            raise TokenMissing


async def _to_the_page(_request: Request) -> Response:
    return RedirectResponse(f"{ROOT}/ui")


async def _nowhere(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        message = f"{request.url.path} cannot be asked with {request.method}; {ROOT}/openapi.json says with what."
        return JSONResponse({"errors": [message]}, status_code=error.status_code, headers=error.headers)
    return refused(NotThere(f"There is nothing at {request.url.path}; {ROOT}/openapi.json says what there is."))
