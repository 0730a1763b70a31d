"""The worker finishes what was left: unsent attempts, unknown outcomes, parked events, pending refunds, repairs.

From time to time it also reads the PSP's statement, and it tells merchants what has happened; whether either is due is
part of the question that it asks anyway. Merchants are told in rounds that no tick waits for (`service.postman`).

Any number of workers may run. Each asks the database what is due and then claims one item at a time, so what another
worker holds is skipped and a batch can never outlive its leases. A tick that fails on one item goes on with the rest.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from engine.errors import StoreError
from engine.ports import Clock, DueWork, Store
from engine.retries import SECOND_US
from engine.usecases import ReadStatement, RepairDiscrepancy, RetryParkedEvent, TryAttempt
from service.postman import Postman

logger = logging.getLogger(__name__)

PRUNE_PERIOD_US = 3600 * SECOND_US  # keys live for a day, so an hour more or less does not matter


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkDone:
    """What one tick did."""

    attempts: int  # tried, whatever came of it
    events: int  # parked events tried again
    found_work: bool  # something was due, whoever did it then
    has_more: bool  # a batch was full and something moved, so there is probably more
    repairs: int = 0  # discrepancies whose repair was tried
    statements: int = 0  # readings of the PSP's statement


@dataclass(kw_only=True)
class Worker:
    """Looks for work, does it, sleeps, forever."""

    store: Store
    try_attempt: TryAttempt
    retry_parked_event: RetryParkedEvent
    repair_discrepancy: RepairDiscrepancy
    read_statement: ReadStatement | None  # None: others do that
    postman: Postman
    clock: Clock
    random: Random  # spreads the ticks of several workers
    period_s: float  # between two looks while there is work
    idle_s: float  # the longest pause, reached by doubling while there is none
    batch: int
    lanes: int  # how many items are worked on at once
    inbox_retention_us: int  # how long events are kept
    event_retention_us: int  # how long outgoing events are kept
    purge_batch: int  # how many old rows one statement deletes
    _prune_at_us: int | None = field(default=None, init=False)
    _is_resting: bool = field(default=False, init=False)
    _is_stopping: bool = field(default=False, init=False)

    async def run(self) -> None:
        """Work until cancelled or told to stop, and finish what is being delivered."""
        try:
            await self._run()
        finally:
            await self.postman.finish()

    async def _run(self) -> None:
        pause_s = self.period_s
        while not self._is_stopping:
            try:
                done = await self.tick()
            except StoreError as error:
                logger.warning("the worker cannot reach its work: %s", error)
                done = None
            if done is not None and done.has_more:
                continue
            if self._is_stopping:  # told so during the look: there is nobody left to cut the rest short
                return
            pause_s = self._next_pause_s(pause_s, done)
            self._is_resting = True
            await asyncio.sleep(pause_s * self.random.uniform(0.75, 1.25))
            self._is_resting = False

    def stop(self, working: asyncio.Task[None]) -> None:
        """Let `run`, which is that task, end: at once while it rests, else when what it holds is finished."""
        self._is_stopping = True
        self.postman.stop()
        if self._is_resting:
            working.cancel()

    def _next_pause_s(self, pause_s: float, done: WorkDone | None) -> float:
        """Return how long to rest: whoever finds nothing asks ever more rarely, whoever finds something soon again."""
        if done is None or done.found_work:
            return self.period_s
        return max(self.period_s, min(2 * pause_s, self.idle_s))

    async def tick(self) -> WorkDone:
        """Do what is due now, one batch of each kind at most.

        Raises:
            StoreError: the database could not even be asked what is due.
        """
        now_us = self.clock.now_us()
        due = await self._due(now_us)
        if due.is_delivery_due:
            self.postman.begin()
        attempts = await self._work_off(due.attempt_ids, self.try_attempt.resolve)
        events = await self._work_off(due.event_ids, self.retry_parked_event)
        repairs = await self._work_off(due.discrepancy_ids, self.repair_discrepancy)
        statements = await self._read_statement() if due.is_statement_due else 0
        forgotten = await self._forget_outgoing_events(now_us) if due.has_old_events else 0
        await self._prune(now_us)
        batches = (due.attempt_ids, due.event_ids, due.discrepancy_ids)
        return WorkDone(
            attempts=attempts,
            events=events,
            found_work=any(batches) or bool(statements) or due.is_delivery_due,
            has_more=(self.batch in map(len, batches) and attempts + events + repairs > 0)
            or forgotten == self.purge_batch,
            repairs=repairs,
            statements=statements,
        )

    async def _due(self, now_us: int) -> DueWork:
        period_us = 0 if self.read_statement is None else self.read_statement.rules.rhythm.period_us
        return await self.store.due_work(
            now_us=now_us,
            limit=self.batch,
            settled_before_us=now_us - period_us,
            told_before_us=now_us - self.event_retention_us,
        )

    async def _read_statement(self) -> int:
        """Read what is due, and return how many statements were read to their end."""
        if self.read_statement is None:
            return 0
        try:
            reading = await self.read_statement()
        except StoreError as error:
            logger.warning("the statement was not read to its end: %s", error)
            return 0
        return int(reading is not None and reading.is_complete)

    async def _work_off(self, ids: Sequence[str], work: Callable[[str], Awaitable[bool]]) -> int:
        """Work on all of them, a few at once, and return how many were really tried."""
        lanes = (ids[lane :: self.lanes] for lane in range(min(self.lanes, len(ids))))
        return sum(await asyncio.gather(*(self._lane(lane, work) for lane in lanes)))

    async def _lane(self, ids: Sequence[str], work: Callable[[str], Awaitable[bool]]) -> int:
        tried = 0
        for one in ids:
            if self._is_stopping:
                break
            try:
                tried += await work(one)
            except StoreError as error:
                # Its lease or its due time brings it back.
                logger.warning("work on %s was interrupted: %s", one, error)
        return tried

    async def _forget_outgoing_events(self, now_us: int) -> int:
        """Delete a batch of what merchants were told long ago, and return how many events that were."""
        before_us = now_us - self.event_retention_us
        return await self.store.forget_outgoing_events(before_us=before_us, limit=self.purge_batch)

    async def _prune(self, now_us: int) -> None:
        """Forget what is old; not at once, lest a worker that dies again and again does little else."""
        if self._prune_at_us is None:
            self._prune_at_us = now_us + round(self.random.uniform(0, PRUNE_PERIOD_US))
        if now_us < self._prune_at_us:
            return
        before_us = now_us - self.inbox_retention_us
        deleted = (
            await self.store.forget_keys(now_us=now_us, limit=self.purge_batch),
            await self.store.forget_events(before_us=before_us, limit=self.purge_batch),
        )
        if self.purge_batch not in deleted:  # else there is more, for the next tick
            self._prune_at_us = now_us + PRUNE_PERIOD_US
