"""WebhookEndpoints: create, retrieve, list, update, disable and delete."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, ClassVar

from pydantic import Field

from psp_chaos.answers import Answer
from psp_chaos.delivery.endpoints import Endpoint
from psp_chaos.operations import Operation
from psp_chaos.wire.answers import Json, answer
from psp_chaos.wire.calls import AnyOffer, Call, Offer
from psp_chaos.wire.counters import Counter
from psp_chaos.wire.fields import Flag, Metadata, MetadataChange, Sequence, Text, Unsettable, WebAddress
from psp_chaos.wire.objects import seconds
from psp_chaos.wire.pages import Pages
from psp_chaos.wire.parameters import Page, Parameters
from psp_chaos.wire.realms import Realm

URL = "/v1/webhook_endpoints"

type EventTypes = Annotated[Sequence, Field(min_length=1)]


class CreateEndpoint(Parameters):
    """`POST /v1/webhook_endpoints`."""

    url: WebAddress
    enabled_events: EventTypes
    api_version: str | None = None
    description: Text | None = None
    metadata: Metadata = Field(default={})


class UpdateEndpoint(Parameters):
    """`POST /v1/webhook_endpoints/{id}`."""

    unsets: ClassVar[bool] = True

    url: WebAddress | None = None
    enabled_events: EventTypes | None = None
    description: Unsettable[Text] = None
    disabled: Flag | None = None
    metadata: MetadataChange = Field(default={})


class WebhookEndpoints(Counter[Endpoint]):
    """What a merchant can do with webhook endpoints."""

    kind: ClassVar[str] = "webhook_endpoint"
    noun: ClassVar[str] = "webhook endpoint"

    def __init__(self, realm: Realm) -> None:
        super().__init__(realm)
        self._endpoints = realm.endpoints
        self._pages = Pages(self._endpoints.endpoints, url=URL, show=self._show, clock=realm.clock)

    def create(self, call: Call[CreateEndpoint]) -> Answer:
        """Open an endpoint; this answer alone shows its secret."""
        wanted = call.parameters
        endpoint = self._endpoints.create(
            url=wanted.url,
            enabled_events=wanted.enabled_events,
            api_version=wanted.api_version,
            description=wanted.description,
            metadata=wanted.metadata,
        )
        return answer({**self._show(endpoint), "secret": endpoint.secret}, object_id=endpoint.id)

    def retrieve(self, call: Call[Parameters]) -> Answer:
        """Show an endpoint."""
        return self._answer(call, self._endpoints.endpoint(call.object_id), self._show)

    def listed(self, call: Call[Page]) -> Answer:
        """Show a page of endpoints."""
        return self._page(call, self._pages)

    def update(self, call: Call[UpdateEndpoint]) -> Answer:
        """Change an endpoint, disable it or enable it again."""
        wanted, endpoint = call.parameters, self._endpoints.endpoint(call.object_id)
        given = {name: getattr(wanted, name) for name in ("url", "enabled_events", "description")}
        updated = self._endpoints.update(
            replace(
                endpoint,
                **{name: value for name, value in given.items() if name in wanted.model_fields_set},
                metadata=_changed(endpoint.metadata, wanted.metadata),
            )
        )
        if wanted.disabled is not None:
            switch = self._endpoints.disable if wanted.disabled else self._endpoints.enable
            updated = switch(updated)
        return self._answer(call, updated, self._show)

    def delete(self, call: Call[Parameters]) -> Answer:
        """Close an endpoint; what was on its way there goes nowhere."""
        endpoint = self._endpoints.endpoint(call.object_id)
        self._realm.webhooks.forget(endpoint.id)
        self._endpoints.delete(endpoint.id)
        return answer({"id": endpoint.id, "object": "webhook_endpoint", "deleted": True}, object_id=endpoint.id)

    def _show(self, endpoint: Endpoint) -> Json:
        """Show an endpoint without its secret."""
        return {
            "id": endpoint.id,
            "object": "webhook_endpoint",
            "api_version": endpoint.api_version,
            "application": None,
            "created": seconds(endpoint.created_at_us),
            "description": endpoint.description,
            "enabled_events": list(endpoint.enabled_events),
            "livemode": self._realm.is_live,
            "metadata": dict(endpoint.metadata),
            "status": "enabled" if endpoint.is_enabled else "disabled",
            "url": endpoint.url,
        }


def _changed(metadata: Mapping[str, str], change: Mapping[str, str] | None) -> Mapping[str, str]:
    """Return what becomes of metadata; an empty value removes its key, and None removes all."""
    if change is None:
        return {}
    return {name: value for name, value in {**metadata, **change}.items() if value}


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
        operation=Operation.UPDATE_ENDPOINT,
        method="POST",
        path=URL + "/{id}",
        parameters=UpdateEndpoint,
        retrieved_by=Operation.RETRIEVE_ENDPOINT,
        counter=WebhookEndpoints,
        perform=WebhookEndpoints.update,
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
