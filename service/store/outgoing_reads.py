"""What the API and the commands show of endpoints and outgoing events: one statement each, without locks."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, bindparam, exists, func, literal_column, select, tuple_
from sqlalchemy.ext.asyncio import AsyncEngine

from engine.outgoing import DeliveryRecord, DeliveryState, Endpoint, EndpointState, EventType
from engine.outgoing import OutgoingEvent as Event
from service.store import outgoing_rows as rows
from service.store.reads import Page
from service.store.rows import Row
from service.store.single import Singles
from service.store.tables import deliveries, endpoints, outgoing_events

_ENDPOINTS = (
    select(endpoints)
    .where(endpoints.c.merchant_id == bindparam("the_merchant"), endpoints.c.state != EndpointState.DELETED.value)
    .order_by(endpoints.c.created_at_us, endpoints.c.id)
)
_ENDPOINT = _ENDPOINTS.where(endpoints.c.id == bindparam("the_endpoint"))

_deliveries = (
    select(func.jsonb_agg(func.to_jsonb(literal_column("deliveries"))).aggregate_order_by(deliveries.c.endpoint_id))
    .where(deliveries.c.event_id == outgoing_events.c.id)
    .correlate(outgoing_events)
    .scalar_subquery()
    .label("deliveries")
)
_EVENTS = select(outgoing_events, _deliveries)
_EVENT = _EVENTS.where(
    outgoing_events.c.id == bindparam("the_event"), outgoing_events.c.merchant_id == bindparam("the_merchant")
)


@dataclass(frozen=True, kw_only=True, slots=True)
class EventFilter:
    """Which events are asked for; None means any."""

    merchant_id: str | None = None  # any: for the operator
    type: EventType | None = None
    payment_id: str | None = None
    delivery: DeliveryState | None = None  # with at least one delivery in this state


@dataclass(frozen=True, kw_only=True, slots=True)
class ToldEvent:
    """An event with what became of it."""

    event: Event
    deliveries: Sequence[DeliveryRecord]  # by endpoint


class OutgoingReads:
    """Reads of endpoints and events; each is one round trip."""

    def __init__(self, engine: AsyncEngine) -> None:
        """Take the pool."""
        self._single = Singles(engine)

    async def endpoints(self, *, merchant_id: str) -> Sequence[Endpoint]:
        """Return a merchant's endpoints, oldest first; there are few."""
        return [rows.endpoint_of(row) for row in await self._single.rows(_ENDPOINTS, {"the_merchant": merchant_id})]

    async def endpoint(self, *, merchant_id: str, endpoint_id: str) -> Endpoint | None:
        """Return one endpoint."""
        found = await self._single.row(_ENDPOINT, {"the_merchant": merchant_id, "the_endpoint": endpoint_id})
        return None if found is None else rows.endpoint_of(found)

    async def events(self, *, wanted: EventFilter, page: Page) -> Sequence[ToldEvent]:
        """Return at most `page.limit` events, newest first."""
        return [_told(row) for row in await self._single.rows(_listed(wanted, page))]

    async def event(self, *, merchant_id: str, event_id: str) -> ToldEvent | None:
        """Return one event."""
        found = await self._single.row(_EVENT, {"the_merchant": merchant_id, "the_event": event_id})
        return None if found is None else _told(found)


def _listed(wanted: EventFilter, page: Page) -> "Select[*tuple[object, ...]]":
    statement = _EVENTS
    if wanted.merchant_id is not None:
        statement = statement.where(outgoing_events.c.merchant_id == wanted.merchant_id)
    if wanted.type is not None:
        statement = statement.where(outgoing_events.c.type == wanted.type)
    if wanted.payment_id is not None:
        statement = statement.where(outgoing_events.c.payment_id == wanted.payment_id)
    if wanted.delivery is not None:
        # As the index on dead ones spells it; a parameter in its place would not be recognised by every plan.
        stands_so = deliveries.c.state == literal_column(f"'{wanted.delivery.value}'")
        statement = statement.where(exists().where(deliveries.c.event_id == outgoing_events.c.id, stands_so))
    if page.after is not None:
        statement = statement.where(tuple_(outgoing_events.c.occurred_at_us, outgoing_events.c.id) < page.after)
    return statement.order_by(outgoing_events.c.occurred_at_us.desc(), outgoing_events.c.id.desc()).limit(page.limit)


def _told(row: Row) -> ToldEvent:
    return ToldEvent(
        event=rows.event_of(row), deliveries=[rows.record_of(columns) for columns in row["deliveries"] or ()]
    )
