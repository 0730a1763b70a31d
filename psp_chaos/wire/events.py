"""Events: how they are shown, listed and sealed for an endpoint."""

from http import HTTPStatus

from psp_chaos.answers import Answer
from psp_chaos.endpoints import Endpoint, Endpoints
from psp_chaos.events import Event
from psp_chaos.operations import Operation
from psp_chaos.webhooks import Seal, SealedEvent
from psp_chaos.wire.answers import Json, answer, encode
from psp_chaos.wire.calls import AnyOffer, Call, Offer
from psp_chaos.wire.errors import WireError
from psp_chaos.wire.objects import event as show
from psp_chaos.wire.objects import seconds
from psp_chaos.wire.pages import page
from psp_chaos.wire.parameters import ListEvents, Parameters
from psp_chaos.wire.realms import Realm
from psp_chaos.wire.signature import signature_header

URL = "/v1/events"


class Events:
    """What a merchant can ask about events, and how they are sent."""

    def __init__(self, realm: Realm) -> None:
        self._log = realm.log
        self._endpoints = realm.endpoints

    def retrieve(self, call: Call[Parameters]) -> Answer:
        """Show an event."""
        event = self._log.events.get(call.object_id)
        if event is None:
            raise WireError.missing("event", call.object_id, param="id", status=HTTPStatus.NOT_FOUND)
        return answer(self._show(event), object_id=event.id)

    def listed(self, call: Call[ListEvents]) -> Answer:
        """Show a page of events, of all types or of some."""
        wanted = call.parameters
        types = (*wanted.types, *((wanted.type,) if wanted.type else ()))
        return page(
            self._log.events,
            wanted,
            url=URL,
            show=self._show,
            where=lambda event: not types or any(_matches(event.type, pattern) for pattern in types),
        )

    def _show(self, event: Event) -> Json:
        return _shown(event, self._endpoints)


def event_sealer(endpoints: Endpoints) -> Seal:
    """Return what writes an event for an endpoint and signs it as of a second."""

    def seal(event: Event, endpoint: Endpoint, *, at_us: int) -> SealedEvent:
        body = encode(_shown(event, endpoints))
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
            "Stripe-Signature": signature_header(body, secret=endpoint.secret, at_s=seconds(at_us)),
        }
        return SealedEvent(body=body, headers=headers)

    return seal


def _shown(event: Event, endpoints: Endpoints) -> Json:
    # How many endpoints are to have it; unlike Stripe, nobody counts down as they get it.
    wanting = [endpoint for endpoint in endpoints.endpoints.values() if endpoint.wants(event.type)]
    return show(event, pending_webhooks=len(wanting))


EVENT_OFFERS: tuple[AnyOffer, ...] = (
    Offer(
        operation=Operation.RETRIEVE_EVENT,
        method="GET",
        path=URL + "/{id}",
        parameters=Parameters,
        counter=Events,
        perform=Events.retrieve,
    ),
    Offer(
        operation=Operation.LIST_EVENTS,
        method="GET",
        path=URL,
        parameters=ListEvents,
        counter=Events,
        perform=Events.listed,
    ),
)


def _matches(event_type: str, pattern: str) -> bool:
    """Tell whether a type is meant; `refund.*` means every type of refund event."""
    return event_type.startswith(pattern[:-1]) if pattern.endswith("*") else event_type == pattern
