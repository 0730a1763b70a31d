"""The courier: carries deliveries to their endpoints, again and again until one answers 2xx or the schedule ends.

What waits stands in the agenda; what was
being sent when the process died is sent again, so that an endpoint gets an event at least once.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from random import Random

from psp_chaos.agenda import Agenda, What
from psp_chaos.delivery.deliveries import Deliveries, Delivery, State
from psp_chaos.delivery.endpoints import Endpoint, Endpoints
from psp_chaos.delivery.events import Event, EventLog
from psp_chaos.delivery.health import Health
from psp_chaos.delivery.holding import Holding
from psp_chaos.delivery.postman import Postman
from psp_chaos.keeping.archive import Archive
from psp_chaos.ports import Clock, Names
from psp_chaos.settings import PspSettings
from psp_chaos.tasks import Tasks

SUCCESS = range(200, 300)


class Courier:
    """Carries the deliveries of one realm."""

    def __init__(
        self,
        *,
        clock: Clock,
        names: Names,
        agenda: Agenda,
        log: EventLog,
        endpoints: Endpoints,
        deliveries: Deliveries,
        holding: Holding,
        postman: Postman,
        tasks: Tasks,
        archive: Archive,
        settings: PspSettings,
        random: Random,
    ) -> None:
        self._clock = clock
        self._names = names
        self._agenda = agenda
        self._log = log
        self._endpoints = endpoints
        self._deliveries = deliveries
        self._holding = holding
        self._postman = postman
        self._tasks = tasks
        self._archive = archive
        self._settings = settings
        self._random = random
        self._health = Health(endpoints=endpoints, clock=clock, settings=settings)
        self._first_tries: dict[str, asyncio.Event] = {}
        self._witnesses: dict[str, Callable[[Delivery], None]] = {}
        agenda.handle("deliver", self._deliver_now)

    def draft(self, event: Event, endpoint: Endpoint, *, fault: str | None = None) -> Delivery:
        """Return a delivery that nobody has started."""
        return Delivery(
            id=self._names.delivery(),
            event_id=event.id,
            endpoint_id=endpoint.id,
            state=State.SENDING,
            due_at_us=self._clock.now_us(),
            fault=fault,
        )

    def start(self, delivery: Delivery, *, after_s: float = 0.0) -> Delivery:
        """Send a delivery, now or later, unless everything is held."""
        if after_s > 0:
            entry = self._agenda.add("deliver", {"delivery": delivery.id}, after_s=after_s)
            waiting = replace(delivery, state=State.WAITING, due_at_us=entry.due_at_us, entry_id=entry.id)
            return self._deliveries.put(waiting)
        if self._holding.is_on:
            return self.hold(delivery)
        sending = self._deliveries.put(self._off_agenda(delivery, state=State.SENDING))
        self._run(self._send(delivery.id), delivery)
        return sending

    def start_in_order(self, deliveries: list[Delivery]) -> None:
        """Send these now, each when the one before it was tried, whatever is held."""
        sending = [self._deliveries.put(self._off_agenda(delivery, state=State.SENDING)) for delivery in deliveries]
        if sending:
            self._run(self._send_in_order([delivery.id for delivery in sending]), sending[0])

    def hold(self, delivery: Delivery) -> Delivery:
        """Put a delivery among those that wait for somebody's hand; nobody else is kept waiting for it."""
        held = self._off_agenda(delivery, state=State.HELD)
        self._first_try_is_over(delivery.id)
        return self._deliveries.put(replace(held, yields=False))

    def end(self, delivery: Delivery, *, got_through: bool) -> None:
        """Take a delivery off that has ended."""
        if delivery.id not in self._deliveries.rows:
            return
        self._leave_agenda(delivery)
        self._deliveries.remove(delivery)
        self._witnesses.pop(delivery.id, None)
        self._first_try_is_over(delivery.id)
        if delivery.alias is None:
            settle = self._deliveries.forgive if got_through else self._deliveries.fail
            settle(event_id=delivery.event_id, endpoint_id=delivery.endpoint_id)
        if not self._deliveries.needs(delivery.event_id) and self._log.release(delivery.event_id):
            self._deliveries.forget(delivery.event_id)

    def witness(self, delivery: Delivery, tell: Callable[[Delivery], None]) -> None:
        """Have somebody told when this delivery is tried for the first time."""
        self._witnesses[delivery.id] = tell

    def expect(self, delivery: Delivery) -> asyncio.Event:
        """Return what is set when the first try of this delivery has ended, however it ended."""
        return self._first_tries.setdefault(delivery.id, asyncio.Event())

    def resume(self) -> None:
        """Send again what an earlier process was sending."""
        for delivery in self._deliveries.where(lambda row: row.state is State.SENDING):
            self.start(delivery)

    def _run(self, work: Coroutine[None, None, None], delivery: Delivery) -> None:
        self._tasks.start(work, name=f"webhook/{delivery.event_id}/{delivery.endpoint_id}")

    def _off_agenda(self, delivery: Delivery, *, state: State) -> Delivery:
        self._leave_agenda(delivery)
        return replace(delivery, state=state, entry_id=None, due_at_us=min(delivery.due_at_us, self._clock.now_us()))

    def _leave_agenda(self, delivery: Delivery) -> None:
        if delivery.entry_id is not None:
            self._agenda.remove(delivery.entry_id)

    def _deliver_now(self, what: What) -> None:
        delivery = self._deliveries.rows[str(what["delivery"])]
        if self._endpoints.endpoints[delivery.endpoint_id].is_enabled:
            self.start(delivery)
        else:
            self.end(delivery, got_through=False)

    async def _send_in_order(self, delivery_ids: list[str]) -> None:
        for delivery_id in delivery_ids:
            await self._send(delivery_id)

    async def _send(self, delivery_id: str) -> None:
        """Try a delivery once and decide how it goes on."""
        delivery = self._deliveries.rows.get(delivery_id)
        if delivery is None:
            return  # dropped, or its endpoint deleted, before its turn came
        await self._try(delivery)
        self._archive.commit()

    async def _try(self, delivery: Delivery) -> None:
        trying = self._deliveries.put(replace(delivery, attempts=delivery.attempts + 1, yields=False))
        event = self._log.events[delivery.event_id]
        if (tell := self._witnesses.pop(delivery.id, None)) is not None:
            tell(delivery)
        try:
            status = await self._postman.post(trying, event)
        finally:
            self._first_try_is_over(delivery.id)
        self._let_overtaken_follow(trying, event)
        self._conclude(trying, status)

    def _conclude(self, delivery: Delivery, status: int | None) -> None:
        if status is not None and status in SUCCESS:
            self._health.succeeded(delivery.endpoint_id)
            self.end(delivery, got_through=True)
            return
        if delivery.alias is None:  # what a stranger sent says nothing about the endpoint
            self._health.failed(delivery.endpoint_id)
        pause_s = self._pause_s(delivery)
        if pause_s is None:
            self.end(delivery, got_through=False)
        elif delivery.id in self._deliveries.rows:  # and not dropped meanwhile
            self.start(delivery, after_s=pause_s)

    def _pause_s(self, delivery: Delivery) -> float | None:
        """Return how long to wait for the next try, or None if there is none."""
        schedule_s = self._settings.webhook_retry_schedule_s
        if delivery.alias is not None or delivery.attempts > len(schedule_s):
            return None
        pause_s, jitter = schedule_s[delivery.attempts - 1], self._settings.webhook_retry_jitter
        return pause_s * (1 + self._random.uniform(-jitter, jitter)) if jitter else pause_s

    def _let_overtaken_follow(self, tried: Delivery, event: Event) -> None:
        for held_back in self._deliveries.yielding():
            same_way = held_back.endpoint_id == tried.endpoint_id
            if same_way and event.follows(self._log.events[held_back.event_id]):
                self.start(held_back)

    def _first_try_is_over(self, delivery_id: str) -> None:
        expected = self._first_tries.pop(delivery_id, None)
        if expected is not None:
            expected.set()
