"""The routes of `/v1`, and what is answered where there is none."""

from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from psp_chaos.wire.calls import AnyOffer
from psp_chaos.wire.desk import Desk
from psp_chaos.wire.errors import WireError


def wire_routes(offers: Sequence[AnyOffer], desk: Desk) -> list[Route]:
    """Put every offer at its path."""
    return [Route(offer.path, _endpoint(offer, desk), methods=[offer.method]) for offer in offers]


async def unknown_url(request: Request, error: Exception) -> Response:
    """Answer that there is nothing here, in Stripe's way."""
    assert isinstance(error, HTTPException)
    refusal = WireError(f"Unrecognized request URL ({request.method}: {request.url.path}).", status=error.status_code)
    return Response(refusal.answer().body, status_code=error.status_code, media_type="application/json")


UNKNOWN_URL_STATUSES = (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED)


def _endpoint(offer: AnyOffer, desk: Desk) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        return await desk.serve(offer, request)

    return endpoint
