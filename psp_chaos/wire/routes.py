"""The routes of `/v1`, and what is answered where there is none.

The framework holds no state: whoever serves a request puts the desk into the request's state.
"""

from collections.abc import Awaitable, Callable
from functools import cache
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from psp_chaos.wire.calls import AnyOffer
from psp_chaos.wire.desk import Desk
from psp_chaos.wire.errors import WireError
from psp_chaos.wire.offers import OFFERS


@cache
def wire_framework() -> Starlette:
    """Return the application that serves `/v1` for the desk in the request's state; understood once a process."""
    framework = Starlette(
        routes=[Route(offer.path, _endpoint(offer), methods=[offer.method]) for offer in OFFERS.values()],
        exception_handlers=dict.fromkeys(_UNKNOWN_URL_STATUSES, unknown_url),
    )
    framework.router.redirect_slashes = False  # an identifier that is left out names nothing
    return framework


async def unknown_url(request: Request, error: Exception) -> Response:
    """Answer that there is nothing here, in Stripe's way."""
    assert isinstance(error, HTTPException)
    refusal = WireError(f"Unrecognized request URL ({request.method}: {request.url.path}).", status=error.status_code)
    return Response(refusal.answer().body, status_code=error.status_code, media_type="application/json")


_UNKNOWN_URL_STATUSES = (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED)


def _endpoint(offer: AnyOffer) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        desk: Desk = request.state.desk
        return await desk.serve(offer, request)

    return endpoint
