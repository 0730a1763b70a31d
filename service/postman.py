"""Carries deliveries in rounds of its own, beside whatever the worker does, so that a slow merchant holds nobody up.

A round goes on until nothing is due. It begins with one lane, and whoever finds something opens another one, up to a
bound. About half of the lanes at most are busy with one endpoint, and one that did not answer is left alone for a
while, so its backlog is not in the way of others.
"""

import asyncio
import logging
from collections import Counter
from dataclasses import dataclass, field

from engine.errors import StoreError
from engine.outgoing import Delivery, EchoKind
from engine.ports import Clock
from engine.usecases import DeliverEvent

logger = logging.getLogger(__name__)


@dataclass(kw_only=True)
class Postman:
    """Delivers what is due."""

    deliver_event: DeliverEvent
    clock: Clock
    lanes_max: int  # deliveries at once
    rest_us: int  # how long an endpoint that did not answer is left alone by this process
    _round: asyncio.Task[None] | None = field(default=None, init=False)
    _lanes: int = field(default=0, init=False)
    _is_stopping: bool = field(default=False, init=False)
    _busy: Counter[str] = field(default_factory=Counter, init=False)  # deliveries under way, by endpoint
    _resting: dict[str, int] = field(default_factory=dict, init=False)  # until when, by endpoint

    def begin(self) -> None:
        """Begin a round, unless one is under way; what broke the last one is raised here."""
        if self._round is not None and self._round.done():
            self._round.result()
            self._round = None
        if self._round is None and not self._is_stopping:
            self._round = asyncio.create_task(self._work())

    def stop(self) -> None:
        """Claim nothing more."""
        self._is_stopping = True

    async def finish(self) -> None:
        """Wait for the end of the round that is under way, if any."""
        if self._round is not None:
            await self._round

    async def _work(self) -> None:
        async with asyncio.TaskGroup() as group:
            await self._lane(group)

    async def _lane(self, group: asyncio.TaskGroup) -> None:
        self._lanes += 1
        try:
            while not self._is_stopping and (delivery := await self._claimed()) is not None:
                if self._lanes < self.lanes_max and not self._is_stopping:
                    group.create_task(self._lane(group))
                await self._carry(delivery)
        except StoreError as error:
            logger.warning("deliveries were interrupted: %s", error)  # leases and due times bring them back
        finally:
            self._lanes -= 1

    async def _claimed(self) -> Delivery | None:
        now_us = self.clock.now_us()
        self._resting = {endpoint: until_us for endpoint, until_us in self._resting.items() if until_us > now_us}
        crowded = {endpoint for endpoint, count in self._busy.items() if count >= (self.lanes_max + 1) // 2}
        return await self.deliver_event.claim(apart_from=crowded | self._resting.keys())

    async def _carry(self, delivery: Delivery) -> None:
        endpoint = delivery.endpoint.id
        self._busy[endpoint] += 1
        try:
            echo = await self.deliver_event.carry(delivery)
        finally:
            self._busy[endpoint] -= 1
            self._busy = +self._busy  # without those that are at rest
        if echo.kind in (EchoKind.UNANSWERED, EchoKind.BARRED):  # looking up its name may be what takes so long
            self._resting[endpoint] = self.clock.now_us() + self.rest_us
            logger.info("endpoint %s could not be reached and is left alone for a while", endpoint)
