"""Webhooks: events on their way to the merchant's endpoints.

Each event goes to each endpoint that wants it as a delivery of its own: a first try at once, then retries on the
schedule until an endpoint answers 2xx or the schedule ends. A try is sealed when it is made, so a late one carries a
fresh signature. What the faults do to a delivery is decided once, when the event happens.
"""

import asyncio
import contextlib
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Protocol, assert_never

import httpx

from psp_chaos.endpoints import Endpoint, Endpoints
from psp_chaos.events import Event
from psp_chaos.faults.fault import DeliveryFault, Occasion
from psp_chaos.faults.installed import Faults, Ruling
from psp_chaos.faults.verdicts import Delay, DeliveryVerdict, Lose, Overtake, Precede, Repeat
from psp_chaos.journal import DeliveryLine, Journal
from psp_chaos.ports import Clock
from psp_chaos.settings import PspSettings
from psp_chaos.tasks import Tasks

SUCCESS = range(200, 300)


@dataclass(frozen=True, kw_only=True, slots=True)
class SealedEvent:
    """An event as it goes over the wire, signed for one endpoint at one time."""

    body: bytes
    headers: Mapping[str, str]


class Seal(Protocol):
    """How the wire writes and signs an event."""

    def __call__(self, event: Event, endpoint: Endpoint, *, at_us: int) -> SealedEvent:
        """Write the event for this endpoint and sign it at this time."""
        ...


@dataclass(frozen=True, kw_only=True, eq=False)
class _Delivery:
    """One event on its way to one endpoint."""

    event: Event
    endpoint: Endpoint
    fault: str | None
    tried: asyncio.Event = field(default_factory=asyncio.Event)  # the first try has ended, however it ended
    overtaken: asyncio.Event = field(default_factory=asyncio.Event)  # a later event of the payment was tried first

    def follows(self, other: "_Delivery") -> bool:
        """Tell whether this is a successor of the other: same payment, same endpoint, later event."""
        return (
            self.endpoint.id == other.endpoint.id
            and self.event.payment_id == other.event.payment_id
            and self.event.number > other.event.number
        )


class Webhooks:
    """The deliveries that are under way."""

    def __init__(
        self,
        *,
        clock: Clock,
        endpoints: Endpoints,
        faults: Faults,
        journal: Journal,
        seal: Seal,
        http: httpx.AsyncClient,
        tasks: Tasks,
        settings: PspSettings,
    ) -> None:
        self._clock = clock
        self._endpoints = endpoints
        self._faults = faults
        self._journal = journal
        self._seal = seal
        self._http = http
        self._tasks = tasks
        self._settings = settings
        self._held_back: list[_Delivery] = []
        self._first: dict[str, list[tuple[_Delivery, Precede]]] = {}

    def publish(self, event: Event) -> None:
        """Send an event to every endpoint that wants it."""
        for endpoint in self._endpoints.endpoints.values():
            if endpoint.wants(event.type):
                self._dispatch(event, endpoint)

    async def before_answer(self, request_id: str) -> None:
        """Wait for the events that are to arrive before this request is answered."""
        for delivery, verdict in self._first.pop(request_id, []):
            await delivery.tried.wait()
            await asyncio.sleep(verdict.hold_s)

    def _dispatch(self, event: Event, endpoint: Endpoint) -> None:
        occasion = Occasion(
            where="webhook",
            target=event.type,
            metadata=event.metadata,
            request_id=event.cause.request_id if event.cause else None,
            before_answer=event.cause is not None,
        )
        ruling = self._faults.ask(DeliveryFault, occasion)
        delivery = _Delivery(event=event, endpoint=endpoint, fault=ruling.spec.id if ruling else None)
        if ruling is None:
            self._start(delivery)
        else:
            self._dispatch_badly(delivery, ruling)

    def _dispatch_badly(self, delivery: _Delivery, ruling: Ruling[DeliveryVerdict]) -> None:
        match ruling.verdict:
            case Lose():
                self._bit(ruling, delivery)
            case Delay(delay_s=delay_s):
                self._bit(ruling, delivery, delay_s=delay_s)
                self._start(delivery, after_s=delay_s)
            case Overtake(delay_s=delay_s):
                self._held_back.append(delivery)
                self._run(delivery, self._deliver_overtaken(delivery, ruling, delay_s))
            case Repeat(gaps_s=gaps_s):
                self._bit(ruling, delivery, gaps_s=list(gaps_s))
                for gap_s in (0.0, *gaps_s):
                    copy = _Delivery(event=delivery.event, endpoint=delivery.endpoint, fault=delivery.fault)
                    self._start(copy, after_s=gap_s)
            case Precede(hold_s=hold_s) as precede:
                assert ruling.occasion.request_id is not None, "only a request's own event can be early"
                self._bit(ruling, delivery, hold_s=hold_s)
                self._first.setdefault(ruling.occasion.request_id, []).append((delivery, precede))
                self._start(delivery)
            case _:
                assert_never(ruling.verdict)

    def _start(self, delivery: _Delivery, *, after_s: float = 0.0) -> None:
        self._run(delivery, self._deliver(delivery, after_s=after_s))

    def _run(self, delivery: _Delivery, work: Coroutine[None, None, None]) -> None:
        task = self._tasks.start(work, name=f"webhook/{delivery.event.id}/{delivery.endpoint.id}")
        # A request may wait for this delivery; it must not wait for ever for one that was cancelled.
        task.add_done_callback(lambda _: delivery.tried.set())

    async def _deliver_overtaken(self, delivery: _Delivery, ruling: Ruling[DeliveryVerdict], delay_s: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(delay_s):
                await delivery.overtaken.wait()
        self._held_back.remove(delivery)
        self._bit(ruling, delivery, overtaken=delivery.overtaken.is_set())
        await self._deliver(delivery)

    async def _deliver(self, delivery: _Delivery, *, after_s: float = 0.0) -> None:
        pauses_s = (after_s, *self._settings.webhook_retry_schedule_s)
        for attempt, pause_s in enumerate(pauses_s, start=1):
            if pause_s > 0:
                await asyncio.sleep(pause_s)
            if delivery.endpoint.id not in self._endpoints.endpoints:
                return
            if await self._try(delivery, attempt=attempt):
                return

    async def _try(self, delivery: _Delivery, *, attempt: int) -> bool:
        event, endpoint = delivery.event, delivery.endpoint
        line = self._journal.begin(
            DeliveryLine(
                at_us=self._clock.now_us(),
                event_id=event.id,
                event_type=event.type,
                object_id=event.object_id,
                attempt=attempt,
                endpoint=endpoint.id,
                fault=delivery.fault,
            )
        )
        line.status = await self._post(event, endpoint, at_us=line.at_us)
        self._journal.end(line, at_us=self._clock.now_us())
        delivery.tried.set()
        for held in self._held_back:
            if delivery.follows(held):
                held.overtaken.set()
        return line.status is not None and line.status in SUCCESS

    async def _post(self, event: Event, endpoint: Endpoint, *, at_us: int) -> int | None:
        sealed = self._seal(event, endpoint, at_us=at_us)
        try:
            async with asyncio.timeout(self._settings.webhook_timeout_s):
                response = await self._http.post(
                    endpoint.url, content=sealed.body, headers=sealed.headers, timeout=None
                )
        except (httpx.HTTPError, TimeoutError):
            return None  # refused, cut, unreadable or too slow: to be tried again
        return response.status_code

    def _bit(self, ruling: Ruling[DeliveryVerdict], delivery: _Delivery, **detail: object) -> None:
        self._faults.bit(ruling, object_id=delivery.event.object_id, event_id=delivery.event.id, **detail)
