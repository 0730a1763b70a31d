"""What a scrape gets: the process's own counts, and the books' census, which is at most a few seconds old."""

import asyncio
import logging
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncEngine

from engine.circuit import Circuit
from engine.errors import StoreError
from engine.ports import Clock
from service.metrics import Metrics
from service.store.census import Census, take_census
from service.store.database import pool_use

logger = logging.getLogger(__name__)

_PATIENCE_S = 3  # a scraper waits ten seconds, and a database that is slow is worth knowing about


@dataclass(kw_only=True)
class Exposition:
    """Answers scrapes of one process, however many scrapers there are."""

    metrics: Metrics
    database: AsyncEngine
    clock: Clock
    circuit: Circuit
    cache_us: int
    _census: Census | None = field(default=None, init=False)
    _asked_at_us: int | None = field(default=None, init=False)

    async def __call__(self) -> bytes:
        """Return the metrics as text; without the books' share while they cannot be asked."""
        now_us = self.clock.now_us()
        if self._asked_at_us is None or now_us - self._asked_at_us >= self.cache_us:
            self._asked_at_us = now_us
            self._census = await self._taken()
        return self.metrics.exposition(self._census, pool=pool_use(self.database), circuit=self.circuit, now_us=now_us)

    async def _taken(self) -> Census | None:
        try:
            async with asyncio.timeout(_PATIENCE_S):
                return await take_census(self.database)
        except (StoreError, TimeoutError) as error:
            logger.warning("the books cannot be counted: %s", error)
            return None
