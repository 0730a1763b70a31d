"""Endpoints: where a merchant wants to be told what happens. Their secrets are shown once."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from engine.errors import TargetRefused
from engine.idempotency import KeyedRequest, KeyScope, fingerprint
from engine.usecases import EndpointChange
from service.answers import reply_response, request_line
from service.dependencies import DeskDependency, Key, MerchantId
from service.described import raises
from service.merchant_route import MerchantRoute
from service.outgoing_schemas import EndpointChangeRequest, EndpointRequest, EndpointView, NewEndpointView
from service.problems import Problem, ProblemError
from service.schemas import ListView

router = APIRouter(prefix="/v1/endpoints", tags=["endpoints"], route_class=MerchantRoute)

CREATE = raises(Problem.TARGET_REFUSED, Problem.TOO_MANY_ENDPOINTS)

EndpointId = Annotated[str, Path(pattern="^[A-Za-z0-9_]{1,64}$")]


@router.post("", status_code=201, response_model=NewEndpointView, openapi_extra=CREATE)
async def create_endpoint(
    *, body: EndpointRequest, request: Request, merchant_id: MerchantId, key: Key, desk: DeskDependency
) -> Response:
    """Open an endpoint: from now on each event is sent to this address, signed with the secret that is answered."""
    scope = KeyScope(merchant_id=merchant_id, route=request_line(request), key=key)
    keyed = KeyedRequest(scope=scope, fingerprint=fingerprint(body.model_dump()))
    return reply_response(await desk.keep_endpoints.create(keyed, merchant_id=merchant_id, url=body.url))


@router.get("")
async def list_endpoints(merchant_id: MerchantId, desk: DeskDependency) -> ListView[EndpointView]:
    """Return the merchant's endpoints, oldest first; there are 16 at most."""
    found = await desk.outgoing.endpoints(merchant_id=merchant_id)
    return ListView(data=[EndpointView.of(endpoint) for endpoint in found])


@router.get("/{endpoint_id}", openapi_extra=raises(Problem.ENDPOINT_NOT_FOUND))
async def read_endpoint(endpoint_id: EndpointId, merchant_id: MerchantId, desk: DeskDependency) -> EndpointView:
    """Return one endpoint."""
    endpoint = await desk.outgoing.endpoint(merchant_id=merchant_id, endpoint_id=endpoint_id)
    if endpoint is None:
        raise ProblemError(Problem.ENDPOINT_NOT_FOUND)
    return EndpointView.of(endpoint)


@router.patch("/{endpoint_id}", openapi_extra=raises(Problem.ENDPOINT_NOT_FOUND, Problem.TARGET_REFUSED))
async def change_endpoint(
    endpoint_id: EndpointId, body: EndpointChangeRequest, merchant_id: MerchantId, desk: DeskDependency
) -> EndpointView:
    """Give an endpoint another address, disable it or enable it again. What happens meanwhile is not kept for it."""
    change = EndpointChange(url=body.url, is_enabled=None if body.status is None else body.status == "enabled")
    try:
        changed = await desk.keep_endpoints.change(merchant_id=merchant_id, endpoint_id=endpoint_id, change=change)
    except TargetRefused as error:
        raise ProblemError(Problem.TARGET_REFUSED, f"Nothing is sent to this address: {error}.") from error
    if changed is None:
        raise ProblemError(Problem.ENDPOINT_NOT_FOUND)
    return EndpointView.of(changed)


@router.delete("/{endpoint_id}", status_code=204, openapi_extra=raises(Problem.ENDPOINT_NOT_FOUND))
async def delete_endpoint(endpoint_id: EndpointId, merchant_id: MerchantId, desk: DeskDependency) -> Response:
    """Forget an endpoint with its address and its secrets; nothing is sent there any more."""
    if not await desk.keep_endpoints.delete(merchant_id=merchant_id, endpoint_id=endpoint_id):
        raise ProblemError(Problem.ENDPOINT_NOT_FOUND)
    return Response(status_code=204)


@router.post(
    "/{endpoint_id}/secret",
    status_code=201,
    response_model=NewEndpointView,
    openapi_extra=raises(Problem.ENDPOINT_NOT_FOUND),
)
async def rotate_secret(
    *, endpoint_id: EndpointId, request: Request, merchant_id: MerchantId, key: Key, desk: DeskDependency
) -> Response:
    """Make another secret. For a day events have two signatures, by the new one and by the one before."""
    scope = KeyScope(merchant_id=merchant_id, route=request_line(request), key=key)
    keyed = KeyedRequest(scope=scope, fingerprint=fingerprint({"endpoint_id": endpoint_id}))
    return reply_response(
        await desk.keep_endpoints.rotate_secret(keyed, merchant_id=merchant_id, endpoint_id=endpoint_id)
    )
