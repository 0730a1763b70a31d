"""The queue by hand: what is on its way can be looked at, held, released, dropped, doubled and put first."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from psp_chaos.delivery.courier import Courier
from psp_chaos.delivery.deliveries import Deliveries, Delivery, State
from psp_chaos.delivery.endpoints import Endpoints
from psp_chaos.delivery.events import EventLog
from psp_chaos.delivery.holding import Holding
from psp_chaos.ports import Clock, Names


@dataclass(frozen=True, kw_only=True, slots=True)
class Underway:
    """One delivery as somebody sees it who looks at the queue."""

    id: str
    event_id: str
    event_type: str
    object_id: str
    payment_id: str | None
    endpoint_id: str
    url: str
    state: State
    attempts: int  # tries so far, one that is being made included
    due_at_us: int
    fault: str | None


class DeliveryQueue:
    """What somebody can do by hand with the deliveries of one realm; whoever does it commits."""

    def __init__(
        self,
        *,
        deliveries: Deliveries,
        courier: Courier,
        holding: Holding,
        log: EventLog,
        endpoints: Endpoints,
        clock: Clock,
        names: Names,
    ) -> None:
        self._deliveries = deliveries
        self._courier = courier
        self._holding = holding
        self._log = log
        self._endpoints = endpoints
        self._clock = clock
        self._names = names

    @property
    def is_held(self) -> bool:
        """Tell whether everything that would be sent is held."""
        return self._holding.is_on

    @property
    def has_held(self) -> bool:
        """Tell whether anything waits for somebody's hand."""
        return any(row.state is State.HELD for row in self._deliveries.rows.values())

    def listed(self) -> list[Underway]:
        """Return what is on its way, in the order in which it will go."""
        return [self._shown(row) for row in sorted(self._deliveries.rows.values(), key=_next_first)]

    def hold(self) -> None:
        """Hold everything: what is due from now on waits; a try that is being made goes on."""
        self._holding.turn_on()

    def release(self) -> int:
        """Hold nothing more; send what was held, one after the other in its order, and tell how much that is."""
        self._holding.turn_off()
        held = sorted(self._deliveries.where(lambda row: row.state is State.HELD), key=_next_first)
        self._courier.start_in_order(held)
        return len(held)

    def release_one(self, delivery_id: str) -> Underway:
        """Send this one now, even if everything is held."""
        return self._unless_sending(delivery_id, lambda row: self._courier.start_in_order([row]))

    def drop(self, delivery_id: str) -> None:
        """Send this one no more; a try that is being made may still arrive."""
        self._courier.end(self._deliveries.delivery(delivery_id), got_through=False)

    def duplicate(self, delivery_id: str) -> Underway:
        """Send a second copy as well: held if everything is, else now."""
        original = self._deliveries.delivery(delivery_id)
        copy = replace(
            original, id=self._names.delivery(), attempts=0, entry_id=None, due_at_us=self._clock.now_us(), yields=False
        )
        return self._shown(self._courier.start(copy))

    def put_first(self, delivery_id: str) -> Underway:
        """Have this one go before all others: at the head of what is held, or now."""
        return self._unless_sending(delivery_id, self._to_the_head)

    def _to_the_head(self, row: Delivery) -> None:
        if not self._holding.is_on:
            self._courier.start_in_order([row])
            return
        first = min((other.rank for other in self._deliveries.rows.values()), default=0)
        self._courier.hold(replace(row, rank=first - 1))

    def _unless_sending(self, delivery_id: str, act: Callable[[Delivery], None]) -> Underway:
        row = self._deliveries.delivery(delivery_id)
        if row.state is not State.SENDING:
            act(row)
        return self._shown(self._deliveries.delivery(delivery_id))

    def _shown(self, row: Delivery) -> Underway:
        event = self._log.events[row.event_id]
        endpoint = self._endpoints.endpoints[row.endpoint_id]
        return Underway(
            id=row.id,
            event_id=row.alias.event_id if row.alias else event.id,
            event_type=event.type,
            object_id=row.alias.object_id if row.alias else event.object_id,
            payment_id=event.payment_id,
            endpoint_id=endpoint.id,
            url=endpoint.url,
            state=row.state,
            attempts=row.attempts,
            due_at_us=row.due_at_us,
            fault=row.fault,
        )


_ORDER = {State.SENDING: 0, State.HELD: 1, State.WAITING: 2}


def _next_first(row: Delivery) -> tuple[int, int, int]:
    """Order by what is being sent, then what is held by rank, then what waits by when it is due; ties stay as begun."""
    return _ORDER[row.state], row.rank, row.due_at_us
