"""WebhookEndpoints: create, retrieve, list and delete."""

from psp_chaos.answers import Answer
from psp_chaos.operations import Operation
from psp_chaos.wire.answers import answer
from psp_chaos.wire.calls import AnyOffer, Call, Offer
from psp_chaos.wire.objects import deleted, webhook_endpoint
from psp_chaos.wire.pages import page
from psp_chaos.wire.parameters import CreateEndpoint, Page, Parameters
from psp_chaos.wire.realms import Realm

URL = "/v1/webhook_endpoints"


class WebhookEndpoints:
    """What a merchant can do with webhook endpoints."""

    def __init__(self, realm: Realm) -> None:
        self._endpoints = realm.endpoints

    def create(self, call: Call[CreateEndpoint]) -> Answer:
        """Open an endpoint; this answer alone shows its secret."""
        wanted = call.parameters
        endpoint = self._endpoints.create(
            url=wanted.url,
            enabled_events=wanted.enabled_events,
            description=wanted.description,
            metadata=wanted.metadata,
        )
        return answer({**webhook_endpoint(endpoint), "secret": endpoint.secret}, object_id=endpoint.id)

    def retrieve(self, call: Call[Parameters]) -> Answer:
        """Show an endpoint."""
        endpoint = self._endpoints.endpoint(call.object_id)
        return answer(webhook_endpoint(endpoint), object_id=endpoint.id)

    def listed(self, call: Call[Page]) -> Answer:
        """Show a page of endpoints."""
        return page(self._endpoints.endpoints, call.parameters, url=URL, show=webhook_endpoint)

    def delete(self, call: Call[Parameters]) -> Answer:
        """Close an endpoint."""
        endpoint = self._endpoints.endpoint(call.object_id)
        self._endpoints.delete(endpoint.id)
        return answer(deleted(endpoint), object_id=endpoint.id)


ENDPOINT_OFFERS: tuple[AnyOffer, ...] = (
    Offer(
        operation=Operation.CREATE_ENDPOINT,
        method="POST",
        path=URL,
        parameters=CreateEndpoint,
        retrieved_by=Operation.RETRIEVE_ENDPOINT,
        counter=WebhookEndpoints,
        perform=WebhookEndpoints.create,
    ),
    Offer(
        operation=Operation.RETRIEVE_ENDPOINT,
        method="GET",
        path=URL + "/{id}",
        parameters=Parameters,
        counter=WebhookEndpoints,
        perform=WebhookEndpoints.retrieve,
    ),
    Offer(
        operation=Operation.LIST_ENDPOINTS,
        method="GET",
        path=URL,
        parameters=Page,
        counter=WebhookEndpoints,
        perform=WebhookEndpoints.listed,
    ),
    Offer(
        operation=Operation.DELETE_ENDPOINT,
        method="DELETE",
        path=URL + "/{id}",
        parameters=Parameters,
        counter=WebhookEndpoints,
        perform=WebhookEndpoints.delete,
    ),
)
