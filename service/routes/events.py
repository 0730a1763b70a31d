"""Events: what a merchant has been told, or should have been, and how to have it told again."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict

from engine.outgoing import DeliveryState, EventType
from service import cursor
from service.dependencies import DeskDependency, MerchantId
from service.outgoing_schemas import EventBody, EventView, Name, ResendRequest
from service.problems import Problem, ProblemError
from service.schemas import ListView
from service.store import EventFilter, Page

router = APIRouter(prefix="/v1/events", tags=["events"])

PAGE_SIZE = 20
PAGE_SIZE_MAX = 100

EventId = Annotated[str, Path(pattern="^[A-Za-z0-9_]{1,128}$")]


class EventQuery(BaseModel):
    """Which events to list, newest first."""

    model_config = ConfigDict(extra="forbid")

    type: EventType | None = None
    payment_id: Name | None = None
    delivery: DeliveryState | None = None  # `dead` finds what was given up
    limit: Annotated[int, Query(ge=1, le=PAGE_SIZE_MAX)] = PAGE_SIZE
    cursor: str | None = None


@router.get("")
async def list_events(
    query: Annotated[EventQuery, Query()], merchant_id: MerchantId, desk: DeskDependency
) -> ListView[EventView]:
    """Return one page of the merchant's events with their deliveries; `delivery=dead` finds what was given up."""
    after = None if query.cursor is None else cursor.parse(query.cursor)
    wanted = EventFilter(merchant_id=merchant_id, type=query.type, payment_id=query.payment_id, delivery=query.delivery)
    # One more than asked tells whether there is a next page.
    found = await desk.outgoing.events(wanted=wanted, page=Page(limit=query.limit + 1, after=after))
    shown, has_more = found[: query.limit], len(found) > query.limit
    return ListView(
        data=[EventView.told(one) for one in shown],
        has_more=has_more,
        next_cursor=cursor.after(shown[-1].event.occurred_at_us, shown[-1].event.id) if has_more else None,
    )


@router.get("/{event_id}")
async def read_event(event_id: EventId, merchant_id: MerchantId, desk: DeskDependency) -> EventView:
    """Return one event with its deliveries."""
    told = await desk.outgoing.event(merchant_id=merchant_id, event_id=event_id)
    if told is None:
        raise ProblemError(Problem.EVENT_NOT_FOUND)
    return EventView.told(told)


@router.post("/{event_id}/resend", status_code=202)
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
