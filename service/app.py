"""The FastAPI app: routes, and what becomes of every error.

Every route and dependency is `async def`: a plain `def` would run in a thread, outside of any clock that we control.
"""

from functools import cache

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from engine.errors import KeyReused, RequestInFlight, StoreError
from engine.idempotency import Answer
from service import routes
from service.admission import Admission
from service.answers import answer_response
from service.body_limit import BodyLimit
from service.dependencies import Desk
from service.problems import Problem, ProblemError

RETRY_AFTER_S = 1  # a first request has ended by then, or its process is dead and the database has noticed


class PaymentsApp:
    """One service as an ASGI application: the framework that all share, and the parts that are its own."""

    def __init__(self, desk: Desk, *, body_bytes_max: int, in_flight_max: int) -> None:
        """Take the parts; larger bodies and more requests at once are refused."""
        self._desk = desk
        self._app = Admission(BodyLimit(framework(), bytes_max=body_bytes_max), in_flight_max=in_flight_max)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request: the routes find the parts in its state."""
        scope["state"] = {**scope.get("state", {}), "desk": self._desk}
        await self._app(scope, receive, send)


@cache
def framework() -> FastAPI:
    """Return routes and error handlers; made once, since they hold no state and FastAPI takes long to take them in."""
    app = FastAPI(title="Payments", version="1", redirect_slashes=False)
    app.include_router(routes.payments)
    app.include_router(routes.refunds)
    app.include_router(routes.discrepancies)
    app.include_router(routes.endpoints)
    app.include_router(routes.events)
    app.webhooks.post("event", tags=["events"])(routes.outgoing_event)
    app.include_router(routes.webhooks)
    app.include_router(routes.health)
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
    return _retryable(Problem.IN_FLIGHT.answer(str(error)))


async def _unavailable(_: Request, error: Exception) -> Response:
    return _retryable(Problem.UNAVAILABLE.answer(str(error)))


def _retryable(answer: Answer) -> Response:
    response = answer_response(answer)
    response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return response


async def _invalid(_: Request, error: Exception) -> Response:
    """Say what is wrong and where, without sending back what was sent (it may be a secret)."""
    assert isinstance(error, RequestValidationError)
    errors = [{"where": ".".join(str(part) for part in one["loc"]), "what": one["msg"]} for one in error.errors()]
    detail = "; ".join(f"{one['where']}: {one['what']}" for one in errors)
    return answer_response(Problem.INVALID_REQUEST.answer(detail, errors=errors))


async def _refused_by_the_framework(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    for problem in (Problem.NOT_FOUND, Problem.METHOD_NOT_ALLOWED):
        if problem.status == error.status_code:
            return answer_response(problem.answer(problem.title))
    return answer_response(Problem.INVALID_REQUEST.answer(str(error.detail)))


async def _broken(_: Request, __: Exception) -> Response:
    return answer_response(Problem.BROKEN.answer("It has been recorded; a retry with the same key is safe."))
