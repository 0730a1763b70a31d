"""The monitor's few addresses, on loopback: the page's data, a switch, and the beginning of a load."""

import hmac
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Annotated

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from scenarios.errors import BadInput
from scenarios.live.monitor.watch import Watch

_BODY_BYTES_MAX = 4_096


class _Asked(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Turn(_Asked):
    name: Annotated[str, Field(min_length=1, max_length=200)]
    on: bool


class _Begin(_Asked):
    scenario: Annotated[str, Field(min_length=1, max_length=1_000)]


type _Answer = Callable[[Request], Awaitable[Response]]


def desk(watch: Watch, *, token: str) -> Starlette:
    """Return the application; whoever asks must show the token."""

    async def state(_request: Request) -> Response:
        return Response(watch.page, media_type="application/json")

    async def turn(request: Request) -> Response:
        asked = _Turn.model_validate_json(await _body(request))
        await watch.switchboard.turn(asked.name, on=asked.on, at_us=watch.now_us())
        await watch.look_at_switches()
        return Response(watch.page, media_type="application/json")

    async def begin(request: Request) -> Response:
        asked = _Begin.model_validate_json(await _body(request))
        await watch.switchboard.begin(asked.scenario, at_us=watch.now_us())
        return Response(status_code=HTTPStatus.NO_CONTENT)

    return Starlette(
        routes=[
            Route("/state", _guarded(state, token), methods=["GET"]),
            Route("/switch", _guarded(turn, token), methods=["POST"]),
            Route("/begin", _guarded(begin, token), methods=["POST"]),
        ]
    )


def _guarded(answer: _Answer, token: str) -> _Answer:
    async def guarded(request: Request) -> Response:
        given = request.headers.get("authorization", "").encode()
        if not hmac.compare_digest(given, f"Bearer {token}".encode()):
            return _refused("the token is missing or wrong", HTTPStatus.UNAUTHORIZED)
        try:
            return await answer(request)
        except ValidationError:
            return _refused("this cannot be understood", HTTPStatus.BAD_REQUEST)
        except BadInput as error:
            return _refused(str(error), HTTPStatus.BAD_REQUEST)
        except httpx.HTTPError as error:
            return _refused(f"the PSP did not do it: {type(error).__name__}", HTTPStatus.BAD_GATEWAY)

    return guarded


async def _body(request: Request) -> bytes:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _BODY_BYTES_MAX:
            raise BadInput("the request is too long")
    return body


def _refused(error: str, status: HTTPStatus) -> Response:
    return JSONResponse({"error": error}, status_code=status)
