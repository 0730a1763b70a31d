"""Events: how they are shown, listed and sealed for an endpoint."""

from typing import ClassVar

from psp_chaos.answers import Answer
from psp_chaos.delivery.events import MICROSECONDS_PER_SECOND, Event
from psp_chaos.delivery.sealing import Letter, Seal, SealedEvent
from psp_chaos.faults.verdicts import UNDISTORTED
from psp_chaos.operations import Operation
from psp_chaos.wire.answers import Json, encode
from psp_chaos.wire.calls import AnyOffer, Call, Offer
from psp_chaos.wire.counters import Counter
from psp_chaos.wire.disguise import distorted, invented, lies
from psp_chaos.wire.fields import Flag, Sequence
from psp_chaos.wire.objects import API_VERSION, seconds
from psp_chaos.wire.pages import Pages
from psp_chaos.wire.parameters import Page, Parameters
from psp_chaos.wire.realms import Realm
from psp_chaos.wire.signature import signature_header

URL = "/v1/events"


class ListEvents(Page):
    """`GET /v1/events`."""

    type: str | None = None
    types: Sequence = ()
    delivery_success: Flag | None = None


class Events(Counter[Event]):
    """What a merchant can ask about events."""

    kind: ClassVar[str] = "event"
    noun: ClassVar[str] = "event"

    def __init__(self, realm: Realm) -> None:
        super().__init__(realm)
        self._log = realm.log
        self._pages = Pages(self._log.events, url=URL, show=self._show, clock=realm.clock)
        self._deliveries = realm.deliveries
        self._is_live = realm.is_live

    def retrieve(self, call: Call[Parameters]) -> Answer:
        """Show an event."""
        event = self._named(self._log.events, call.object_id)
        if not self._log.shows(event):
            raise self._missing(event.id)
        return self._answer(call, event, self._show)

    def listed(self, call: Call[ListEvents]) -> Answer:
        """Show a page of events, of all types or of some, delivered or not."""
        return self._page(call, self._pages, where=lambda event: self._is_wanted(event, call.parameters))

    def _is_wanted(self, event: Event, wanted: ListEvents) -> bool:
        types = (*wanted.types, *((wanted.type,) if wanted.type else ()))
        return (
            self._log.shows(event)
            and (not types or any(_matches(event.type, pattern) for pattern in types))
            and wanted.delivery_success in (None, self._deliveries.got_through(event.id))
        )

    def _show(self, event: Event) -> Json:
        return _shown(event, is_live=self._is_live, pending=self._deliveries.pending(event.id))


def event_sealer(*, is_live: bool) -> Seal:
    """Return what writes an event for an endpoint and signs it as of a second."""

    def seal(letter: Letter, *, at_us: int) -> SealedEvent:
        endpoint, distortion = letter.endpoint, letter.distortion or UNDISTORTED
        shown = _shown(letter.event, is_live=is_live, pending=letter.pending, api_version=endpoint.api_version)
        if letter.alias is not None:
            shown = invented(shown, letter.alias)
        told = distorted(shown, distortion)
        body = encode(told)
        signed_at_s = seconds(at_us) - round(distortion.signature_age_s)
        signature = signature_header(body, secret=distortion.secret or endpoint.secret, at_s=signed_at_s)
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
            "Stripe-Signature": signature,
        }
        return SealedEvent(
            body=body,
            headers=headers,
            event_id=str(told["id"]),
            event_type=str(told["type"]),
            lies=tuple(lie.value for lie in lies(shown, distortion, is_invented=letter.alias is not None)),
            signed_at_us=signed_at_s * MICROSECONDS_PER_SECOND,
        )

    return seal


def _shown(event: Event, *, is_live: bool, pending: int, api_version: str | None = None) -> Json:
    """Show an event, with its object as it was then."""
    cause, data = event.cause, {"object": event.snapshot}
    return {
        "id": event.id,
        "object": "event",
        "api_version": api_version or API_VERSION,
        "created": seconds(event.created_at_us),
        "data": data if event.previous is None else {**data, "previous_attributes": event.previous},
        "livemode": is_live,
        "pending_webhooks": pending,
        "request": {
            "id": cause.request_id if cause else None,
            "idempotency_key": cause.idempotency_key if cause else None,
        },
        "type": event.type,
    }


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
