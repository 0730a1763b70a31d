"""Events: what a merchant has been told, or should have been, and how to have it told again."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import Field

from engine.outgoing import DeliveryState, EventType
from service.dependencies import DeskDependency, MerchantId
from service.described import raises
from service.merchant_route import MerchantRoute
from service.outgoing_schemas import EventBody, EventView, Name, ResendRequest
from service.paging import page_of, paged
from service.problems import Problem, ProblemError
from service.schemas import ListView, PageQuery
from service.store import EventFilter

router = APIRouter(prefix="/v1/events", tags=["events"], route_class=MerchantRoute)

EventId = Annotated[str, Path(pattern="^[A-Za-z0-9_]{1,128}$", description="As `id` of the event says.")]


class EventQuery(PageQuery):
    """Which events to list."""

    type: Annotated[EventType | None, Field(description="What happened.")] = None
    payment_id: Annotated[Name | None, Field(description="About this payment or a refund of it.")] = None
    delivery: Annotated[DeliveryState | None, Field(description="`dead` finds what was given up.")] = None

    def wanted(self, *, merchant_id: str) -> EventFilter:
        """Return the filter."""
        return EventFilter(merchant_id=merchant_id, type=self.type, payment_id=self.payment_id, delivery=self.delivery)


@router.get("")
async def list_events(
    query: Annotated[EventQuery, Query()], merchant_id: MerchantId, desk: DeskDependency
) -> ListView[EventView]:
    """Return one page of the merchant's events with their deliveries."""
    found = await desk.outgoing.events(wanted=query.wanted(merchant_id=merchant_id), page=page_of(query))
    return paged(found, query, view=EventView.told, place=lambda one: (one.event.occurred_at_us, one.event.id))


@router.get("/{event_id}", openapi_extra=raises(Problem.EVENT_NOT_FOUND))
async def read_event(event_id: EventId, merchant_id: MerchantId, desk: DeskDependency) -> EventView:
    """Return one event with its deliveries."""
    told = await desk.outgoing.event(merchant_id=merchant_id, event_id=event_id)
    if told is None:
        raise ProblemError(Problem.EVENT_NOT_FOUND)
    return EventView.told(told)


@router.post(
    "/{event_id}/resend", status_code=202, openapi_extra=raises(Problem.EVENT_NOT_FOUND, Problem.NOBODY_LISTENS)
)
async def resend_event(
    event_id: EventId, merchant_id: MerchantId, desk: DeskDependency, body: ResendRequest | None = None
) -> EventView:
    """Have an event sent again, to one endpoint or to all that are enabled, with the whole schedule before it.

    Its id and its content are the same as before, so a receiver that has it recognises it.
    """
    if await desk.outgoing.event(merchant_id=merchant_id, event_id=event_id) is None:
        raise ProblemError(Problem.EVENT_NOT_FOUND)
    endpoint_id = None if body is None else body.endpoint_id
    if not await desk.deliveries.resend(event_id=event_id, endpoint_id=endpoint_id, now_us=desk.clock.now_us()):
        raise ProblemError(Problem.NOBODY_LISTENS)
    return await read_event(event_id, merchant_id, desk)


async def outgoing_event(body: EventBody) -> None:
    """Sent to every enabled endpoint, at least once and in any order; answer 2xx as soon as it is stored.

    The headers `webhook-id`, `webhook-timestamp` and `webhook-signature` are those of Standard Webhooks. This describes
    what the service sends; it serves no such route.
    """
