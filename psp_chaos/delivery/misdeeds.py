"""Misdeeds: what the faults do to deliveries."""

import asyncio
from dataclasses import replace
from typing import assert_never

from psp_chaos.agenda import MICROSECONDS_PER_SECOND, Agenda, What
from psp_chaos.delivery.courier import Courier
from psp_chaos.delivery.deliveries import Alias, Deliveries, Delivery
from psp_chaos.delivery.endpoints import Endpoint, Endpoints
from psp_chaos.delivery.events import Event, EventLog
from psp_chaos.faults.installed import Faults, Ruling
from psp_chaos.faults.verdicts import (
    Delay,
    DeliveryVerdict,
    Disable,
    Distort,
    Insert,
    Lose,
    Overtake,
    PileUp,
    Precede,
    Repeat,
    Twin,
)
from psp_chaos.ports import Clock, Names


class Misdeeds:
    """Carries out what faults have decided about deliveries, and records each time that it really happened."""

    def __init__(
        self,
        *,
        clock: Clock,
        names: Names,
        agenda: Agenda,
        log: EventLog,
        endpoints: Endpoints,
        deliveries: Deliveries,
        courier: Courier,
        faults: Faults,
    ) -> None:
        self._clock = clock
        self._names = names
        self._agenda = agenda
        self._log = log
        self._endpoints = endpoints
        self._deliveries = deliveries
        self._courier = courier
        self._faults = faults
        self._first: dict[str, list[tuple[asyncio.Event, Precede]]] = {}
        self._outages: dict[str, int] = {}  # when the one that a fault has begun ends
        agenda.handle("enable-endpoint", self._enable_now)

    def carry_out(self, ruling: Ruling[DeliveryVerdict], event: Event, endpoint: Endpoint) -> None:
        """Have an event delivered as a fault wants it."""
        match ruling.verdict:
            case Insert() | Twin():
                self._courier.start(self._courier.draft(event, endpoint))
                self._send_besides(event, endpoint, ruling, ruling.verdict)
            case Disable(for_s=for_s):
                self._disable(endpoint, event, ruling, for_s=for_s)
            case _:
                self._spoil(self._courier.draft(event, endpoint, fault=ruling.spec.id), event, ruling, ruling.verdict)

    async def before_answer(self, request_id: str) -> None:
        """Wait for the events that are to arrive before this request is answered."""
        for is_tried, verdict in self._first.pop(request_id, []):
            await is_tried.wait()
            await asyncio.sleep(verdict.hold_s)

    def _spoil(
        self,
        delivery: Delivery,
        event: Event,
        ruling: Ruling[DeliveryVerdict],
        verdict: Lose | Delay | Overtake | Repeat | Precede | Distort | PileUp,
    ) -> None:
        """Do to a delivery what a fault wants."""
        match verdict:
            case Lose():
                self._bit(ruling, event)
                self._deliveries.fail(event_id=event.id, endpoint_id=delivery.endpoint_id)
            case Delay(delay_s=delay_s):
                self._bit(ruling, event, delay_s=delay_s)
                self._courier.start(delivery, after_s=delay_s)
            case Overtake(delay_s=delay_s):
                self._hold_back(delivery, event, ruling, delay_s=delay_s)
            case Repeat(gaps_s=gaps_s):
                self._bit(ruling, event, gaps_s=list(gaps_s))
                for gap_s in (0.0, *gaps_s):
                    self._courier.start(self._copy(delivery), after_s=gap_s)
            case Precede() as precede:
                self._send_first(delivery, event, ruling, precede)
            case Distort(distortion=distortion):
                self._courier.witness(delivery, lambda _: self._bit(ruling, event))
                self._courier.start(replace(delivery, distortion=distortion))
            case PileUp() as pile:
                self._pile_up(delivery, event, ruling, pile)
            case _:
                assert_never(verdict)

    def _send_besides(
        self, event: Event, endpoint: Endpoint, ruling: Ruling[DeliveryVerdict], verdict: Insert | Twin
    ) -> None:
        match verdict:
            case Insert():
                self._insert(self._courier.draft(event, endpoint, fault=ruling.spec.id), event, ruling, verdict)
            case Twin(gap_s=gap_s):
                self._tell_twice(event, endpoint, ruling, gap_s=gap_s)
            case _:
                assert_never(verdict)

    def _hold_back(self, delivery: Delivery, event: Event, ruling: Ruling[DeliveryVerdict], *, delay_s: float) -> None:
        until_us = self._clock.now_us() + round(delay_s * MICROSECONDS_PER_SECOND)
        self._courier.witness(delivery, lambda _: self._bit(ruling, event, overtaken=self._clock.now_us() < until_us))
        self._courier.start(replace(delivery, yields=delay_s > 0), after_s=delay_s)

    def _send_first(self, delivery: Delivery, event: Event, ruling: Ruling[DeliveryVerdict], verdict: Precede) -> None:
        request_id = ruling.occasion.request_id
        assert request_id is not None, "only a request's own event can be early"
        self._bit(ruling, event, hold_s=verdict.hold_s)
        self._first.setdefault(request_id, []).append((self._courier.expect(delivery), verdict))
        self._courier.start(delivery)

    def _insert(self, delivery: Delivery, event: Event, ruling: Ruling[DeliveryVerdict], verdict: Insert) -> None:
        would_be_true = verdict.distortion.claims_success and ruling.occasion.tells_of_success
        alias = Alias(
            event_id=self._names.event(),
            object_id=self._names.payment() if verdict.about_unknown or would_be_true else event.object_id,
        )
        self._courier.witness(
            delivery, lambda _: self._bit(ruling, event, inserted=alias.event_id, about=alias.object_id)
        )
        self._courier.start(replace(delivery, distortion=verdict.distortion, alias=alias))

    def _tell_twice(self, event: Event, endpoint: Endpoint, ruling: Ruling[DeliveryVerdict], *, gap_s: float) -> None:
        twin = replace(event, id=self._names.event(), number=self._log.next_number)
        self._log.append(twin)
        self._bit(ruling, event, twin=twin.id, gap_s=gap_s)
        self._courier.start(self._courier.draft(twin, endpoint, fault=ruling.spec.id), after_s=gap_s)

    def _pile_up(self, delivery: Delivery, event: Event, ruling: Ruling[DeliveryVerdict], verdict: PileUp) -> None:
        now_us = self._clock.now_us()
        ends_us = self._outages.get(ruling.spec.id, now_us)
        if ends_us <= now_us:
            ends_us = now_us + round(verdict.outage_s * MICROSECONDS_PER_SECOND)
            self._outages[ruling.spec.id] = ends_us
        after_s = (ends_us - now_us) / MICROSECONDS_PER_SECOND
        self._bit(ruling, event, delay_s=after_s, copies=verdict.copies)
        for _ in range(verdict.copies):
            self._courier.start(self._copy(delivery), after_s=after_s)

    def _disable(
        self, endpoint: Endpoint, event: Event, ruling: Ruling[DeliveryVerdict], *, for_s: float | None
    ) -> None:
        self._bit(ruling, event, endpoint=endpoint.id, for_s=for_s)
        self._endpoints.disable(endpoint)
        self._deliveries.fail(event_id=event.id, endpoint_id=endpoint.id)
        if for_s is not None:
            self._agenda.add("enable-endpoint", {"endpoint": endpoint.id}, after_s=for_s)

    def _enable_now(self, what: What) -> None:
        endpoint = self._endpoints.endpoints.get(str(what["endpoint"]))
        if endpoint is not None and not endpoint.is_enabled:
            self._endpoints.enable(endpoint)

    def _copy(self, delivery: Delivery) -> Delivery:
        return replace(delivery, id=self._names.delivery())

    def _bit(self, ruling: Ruling[DeliveryVerdict], event: Event, **detail: object) -> None:
        self._faults.bit(ruling, object_id=event.object_id, event_id=event.id, **detail)
