"""One reconciliation by hand: read the statement now, do the repairs that are due, and tell what is on record.

It works on the same rows as the workers and under the same leases, so it may run beside them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from engine.ports import Clock
from engine.usecases import Reading
from service.store import DiscrepancySum, PostgresReads
from service.wiring import Service

BATCH = 100  # repairs in one go


@dataclass(frozen=True, kw_only=True, slots=True)
class Reconciliation:
    """What was done, and what is on record now."""

    reading: Reading | None  # None: another worker is reading at this moment
    repairs_tried: int
    sums: Sequence[DiscrepancySum]  # what is not repaired, and what was found or closed by this reconciliation

    @property
    def is_settled(self) -> bool:
        """Tell whether nothing is left for a person, or for a later repair."""
        return all(one.state == "repaired" for one in self.sums)


async def reconcile(service: Service, database: AsyncEngine, *, clock: Clock, since_us: int | None) -> Reconciliation:
    """Reconcile once.

    Raises:
        StoreError: the database could not be reached; whatever was committed before stays.
    """
    began_us = clock.now_us()
    reading = await service.usecases.read_statement(at_once=True, since_us=since_us)
    repairs_tried = await _repair(service, now_us=clock.now_us())
    sums = await PostgresReads(database).discrepancy_sums(since_us=began_us)
    return Reconciliation(reading=reading, repairs_tried=repairs_tried, sums=sums)


async def _repair(service: Service, *, now_us: int) -> int:
    """Try everything that is due now; what has to wait is due later, so this ends."""
    tried = 0
    while True:
        due = await service.worker.store.due_work(now_us=now_us, limit=BATCH, settled_before_us=0, told_before_us=0)
        done = [await service.usecases.repair_discrepancy(one) for one in due.discrepancy_ids]
        tried += sum(done)
        if not any(done):
            return tried
