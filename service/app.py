"""The FastAPI app: routes, and what becomes of every error.

Every route and dependency is `async def`: a plain `def` would run in a thread, outside of any clock that we control.
There is no page of documentation here: FastAPI's would run other people's scripts, from elsewhere, on the address that
merchants send their keys to. `/openapi.json` can be read with any viewer.
"""

from functools import cache
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from engine.errors import KeyReused, RequestInFlight, StoreError
from service import routes
from service.admission import Admission
from service.answers import RETRY_AFTER_S, answer_response
from service.body_limit import BodyLimit
from service.dependencies import Desk
from service.head import Head
from service.openapi import complete
from service.problems import Problem, ProblemError
from service.tracing import REQUESTS

_ERRORS_MAX = 20  # that are told of one request; whoever has more to mend asks again
_NAME_LENGTH_MAX = 60  # of what is wrong: the client chose it


class PaymentsApp:
    """One service as an ASGI application: the framework that all share, and the parts that are its own."""

    def __init__(self, desk: Desk, *, body_bytes_max: int, in_flight_max: int) -> None:
        """Take the parts; larger bodies and more requests at once are refused."""
        self._desk = desk
        # Bodies come first: whoever has not sent his takes nobody's place.
        admission = Admission(Head(framework()), in_flight_max=in_flight_max)
        self._app = BodyLimit(admission, bytes_max=body_bytes_max)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request: the routes find the parts in its state."""
        scope["state"] = {**scope.get("state", {}), "desk": self._desk}
        await self._app(scope, receive, send)


class _Framework(FastAPI):
    def openapi(self) -> dict[str, Any]:
        """Return the description of the API; made when somebody asks for it first."""
        if self.openapi_schema is None:
            self.openapi_schema = complete(super().openapi(), self.routes)
        return self.openapi_schema


@cache
def framework() -> FastAPI:
    """Return routes and error handlers; made once, since they hold no state and FastAPI takes long to take them in."""
    app = _Framework(
        title="Payments",
        version="1",
        redirect_slashes=False,
        docs_url=None,
        redoc_url=None,
        telemetry=REQUESTS,
        generate_unique_id_function=lambda route: route.name,
    )
    app.include_router(routes.payments)
    app.include_router(routes.refunds)
    app.include_router(routes.discrepancies)
    app.include_router(routes.endpoints)
    app.include_router(routes.events)
    app.webhooks.post("event", tags=["events"])(routes.outgoing_event)
    app.include_router(routes.webhooks)
    app.include_router(routes.health)
    app.include_router(routes.problems)
    app.add_exception_handler(ProblemError, _problem)
    app.add_exception_handler(KeyReused, _key_reused)
    app.add_exception_handler(RequestInFlight, _in_flight)
    app.add_exception_handler(StoreError, _unavailable)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _refused_by_the_framework)
    app.add_exception_handler(Exception, _broken)  # Starlette answers with it and raises the error again
    return app


async def _problem(_: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)
    response = answer_response(error.answer)
    response.headers.update(error.headers)
    return response


async def _key_reused(_: Request, error: Exception) -> Response:
    return answer_response(Problem.KEY_REUSED.answer(str(error)))


async def _in_flight(_: Request, error: Exception) -> Response:
    response = answer_response(Problem.IN_FLIGHT.answer(str(error)))
    response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return response


async def _unavailable(_: Request, error: Exception) -> Response:
    return answer_response(Problem.UNAVAILABLE.answer(str(error)))


async def _invalid(_: Request, error: Exception) -> Response:
    """Say what is wrong and where, without sending back what was sent (it may be a secret)."""
    assert isinstance(error, RequestValidationError)
    errors = [
        {"where": ".".join(str(part)[:_NAME_LENGTH_MAX] for part in one["loc"]), "what": one["msg"]}
        for one in error.errors()[:_ERRORS_MAX]
    ]
    detail = "; ".join(f"{one['where']}: {one['what']}" for one in errors)
    return answer_response(Problem.INVALID_REQUEST.answer(detail, errors=errors))


async def _refused_by_the_framework(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == Problem.METHOD_NOT_ALLOWED.status:
        return _other_method(request)
    if error.status_code == Problem.NOT_FOUND.status:
        return answer_response(Problem.NOT_FOUND.answer(Problem.NOT_FOUND.title))
    return answer_response(Problem.INVALID_REQUEST.answer(str(error.detail)))


def _other_method(request: Request) -> Response:
    """Say which methods there are, to OPTIONS as an answer and to others as a refusal."""
    if request.method == "OPTIONS":
        response = Response(status_code=204)
    else:
        response = answer_response(Problem.METHOD_NOT_ALLOWED.answer(Problem.METHOD_NOT_ALLOWED.title))
    response.headers["Allow"] = ", ".join(sorted(_methods(request)))
    return response


def _methods(request: Request) -> set[str]:
    """Return the methods of all routes at a request's path."""
    contexts = (one for one in iter_route_contexts(request.app.routes) if one.path_regex.match(request.scope["path"]))
    methods = {method for context in contexts for method in context.methods or ()}
    return methods | {"OPTIONS"} | ({"HEAD"} if "GET" in methods else set())


async def _broken(_: Request, __: Exception) -> Response:
    return answer_response(Problem.BROKEN.answer("It has been recorded; a retry with the same key is safe."))
