"""How fast one worker heals: attempts that were sent and whose answers were lost, all due at once.

Each is read, claimed, asked about (the create is repeated under its key) and settled. The rate is between the first and
the last one settled, so what the program takes to start does not count.
"""

import asyncio
import time

import asyncpg

from benchmarks.books import lose_answers
from benchmarks.effort import Effort
from benchmarks.payments import await_settled
from benchmarks.reading import Reading, Readings
from benchmarks.site import Site

_AGE_US = 60_000_000  # how long ago they were sent
_RATE = """
SELECT (count(*) - 1) * 1000000.0 / (max(settled_at_us) - min(settled_at_us))
FROM attempts WHERE settled_at_us >= $1 AND id LIKE 'att_lost%'
"""


def measure_heals(site: Site, effort: Effort) -> list[Reading]:
    """Return heals per second."""
    readings = Readings()
    for number in range(effort.rounds):
        now_us = time.time_ns() // 1000
        asyncio.run(_lose(site, count=effort.lost_answers, now_us=now_us, batch=number))
        with site.programs(workers=1):
            await_settled(site, since_us=now_us - _AGE_US)
        rate = site.fetch(_RATE, now_us)
        readings.add("heals, one worker", "per second", float(str(rate)), is_rate=True)
    return readings.all()


async def _lose(site: Site, *, count: int, now_us: int, batch: int) -> None:
    connection = await asyncpg.connect(site.dsn)
    try:
        await lose_answers(connection, count=count, now_us=now_us, batch=batch)
    finally:
        await connection.close()
