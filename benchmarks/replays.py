"""Idempotent replays against the creates that they repeat, over HTTP, on one service; and that they cost no SQL.

Statements are counted by PostgreSQL itself (`pg_stat_statements`), which also counts BEGIN and COMMIT.
"""

import time

from benchmarks.clicks import Clicked, click
from benchmarks.effort import Effort
from benchmarks.payments import await_settled
from benchmarks.reading import Reading, Readings
from benchmarks.site import POOL_SIZE, Programs, Site, create

_REPEATS = 5  # of each click, so that the quicker side is measured for as long
_STATEMENTS = (
    "SELECT coalesce(sum(calls), 0)::BIGINT FROM pg_stat_statements WHERE query NOT LIKE '%pg_stat_statements%'"
)
# Or who is asking would be looked up once a minute.
_SETTINGS = {"PAYSTORM_AUTHENTICATION_CACHE_S": "3600"}


def measure_replays(site: Site, effort: Effort) -> list[Reading]:
    """Return both rates, how many times faster a replay is, and the statements that replays cost."""
    readings = Readings()
    with site.programs(services=1, settings=_SETTINGS) as programs:
        _click(programs, [f"warm-{number}" for number in range(POOL_SIZE)])
        for _ in range(effort.rounds):
            _measure(site, programs, readings, keys=effort.keys)
    return readings.all()


def _measure(site: Site, programs: Programs, readings: Readings, *, keys: int) -> None:
    since_us = time.time_ns() // 1000
    orders = [f"click-{since_us}-{number}" for number in range(keys)]
    created = _click(programs, orders)
    await_settled(site, since_us=since_us)
    before = site.fetch(_STATEMENTS)
    replayed = _click(programs, orders * _REPEATS)
    statements = site.fetch(_STATEMENTS)
    readings.add("creates, until they are answered", "per second", created.rate, is_rate=True)
    readings.add("replays", "per second", replayed.rate, is_rate=True)
    readings.add("replays : creates", ": 1", replayed.rate / created.rate)
    readings.add("SQL statements of all replays", "", statements - before)  # type: ignore[operator]  # counts


def _click(programs: Programs, orders: list[str]) -> Clicked:
    return click(programs.ports, map(create, orders), connections=POOL_SIZE, expects=b"HTTP/1.1 202")
