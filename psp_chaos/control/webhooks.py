"""The webhook queue: what is on its way, and what somebody can do with it by hand."""

from typing import Annotated, Literal, TypedDict

from pydantic import Field, TypeAdapter

from psp_chaos.control.actions import Action, Json
from psp_chaos.control.asked import PAGE_ROWS, PAGE_ROWS_MAX, Asked, InRealm, Model
from psp_chaos.delivery.deliveries import State
from psp_chaos.delivery.queue import DeliveryQueue, Underway

_UNDERWAY = TypeAdapter(Underway)

type Hand = Literal["release", "drop", "duplicate", "first"]


class InQueue(InRealm):
    """How many deliveries."""

    limit: Annotated[int, Field(ge=1, le=PAGE_ROWS_MAX)] = PAGE_ROWS


class Resend(Model):
    """To whom."""

    endpoint: str | None = None  # None: everybody who wants it


class Queue(TypedDict):
    """What is on its way, in the order in which it will go."""

    data: list[Json]
    total: int
    held: int  # how many wait for somebody's hand
    is_held: bool  # whether everything that becomes due is held


class Released(TypedDict):
    """How much goes out."""

    released: int


class Sent(TypedDict):
    """What goes out again."""

    deliveries: list[str]


def shown_delivery(delivery: Underway) -> Json:
    """Write a delivery as plain data."""
    shown = _UNDERWAY.dump_python(delivery, mode="json")
    assert isinstance(shown, dict)
    return shown


def do_by_hand(queue: DeliveryQueue, delivery_id: str, hand: Hand) -> Underway | None:
    """Do something with one delivery; what is dropped is gone."""
    match hand:
        case "release":
            return queue.release_one(delivery_id)
        case "drop":
            queue.drop(delivery_id)
            return None
        case "duplicate":
            return queue.duplicate(delivery_id)
        case "first":
            return queue.put_first(delivery_id)


async def show_queue(asked: Asked[InQueue, None]) -> Queue:
    """Show what is on its way to the endpoints of an account, what goes next first."""
    queue = asked.realm.queue
    rows = queue.listed()
    return {
        "data": [shown_delivery(row) for row in rows[: asked.query.limit]],
        "total": len(rows),
        "held": sum(row.state is State.HELD for row in rows),
        "is_held": queue.is_held,
    }


async def hold(asked: Asked[InRealm, None]) -> Queue:
    """Hold everything that becomes due; a try that is being made goes on."""
    asked.realm.queue.hold()
    return await show_queue(_in_queue(asked))


async def release(asked: Asked[InRealm, None]) -> Released:
    """Hold nothing more, and send what was held, one after the other in its order."""
    return {"released": asked.realm.queue.release()}


async def release_delivery(asked: Asked[InRealm, None]) -> Json | None:
    """Send this one now, even if everything is held."""
    return _by_hand(asked, "release")


async def drop_delivery(asked: Asked[InRealm, None]) -> Json | None:
    """Send this one no more; a try that is being made may still arrive."""
    return _by_hand(asked, "drop")


async def duplicate_delivery(asked: Asked[InRealm, None]) -> Json | None:
    """Send a second copy as well; the answer shows the copy."""
    return _by_hand(asked, "duplicate")


async def put_delivery_first(asked: Asked[InRealm, None]) -> Json | None:
    """Have this one go before all others."""
    return _by_hand(asked, "first")


async def resend_event(asked: Asked[InRealm, Resend]) -> Sent:
    """Send an event again, to one endpoint or to all that want it, whether they have it or not."""
    deliveries = asked.realm.webhooks.resend(asked.target, endpoint_id=asked.body.endpoint)
    return {"deliveries": [delivery.id for delivery in deliveries]}


def _by_hand(asked: Asked[InRealm, None], hand: Hand) -> Json | None:
    left = do_by_hand(asked.realm.queue, asked.target, hand)
    return None if left is None else shown_delivery(left)


def _in_queue(asked: Asked[InRealm, None]) -> Asked[InQueue, None]:
    query = InQueue(account=asked.query.account, mode=asked.query.mode)
    return Asked(plant=asked.plant, query=query, body=None, target="")


WEBHOOK_ACTIONS = (
    Action(method="GET", path="/webhooks", perform=show_queue, query=InQueue, answers=Queue),
    Action(method="POST", path="/webhooks/hold", perform=hold, query=InRealm, answers=Queue),
    Action(method="POST", path="/webhooks/release", perform=release, query=InRealm, answers=Released),
    Action(method="POST", path="/webhooks/{id}/release", perform=release_delivery, query=InRealm),
    Action(method="POST", path="/webhooks/{id}/drop", perform=drop_delivery, query=InRealm, answers=None),
    Action(method="POST", path="/webhooks/{id}/duplicate", perform=duplicate_delivery, query=InRealm),
    Action(method="POST", path="/webhooks/{id}/first", perform=put_delivery_first, query=InRealm),
    Action(method="POST", path="/events/{id}/resend", perform=resend_event, query=InRealm, body=Resend, answers=Sent),
)
