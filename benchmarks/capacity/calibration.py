"""What the model is fed, measured on the machine and in the run that it then has to predict.

One service process is saturated, which tells what a payment costs every party where it matters; then customers come so
rarely that hardly anybody waits, which tells how much of the service's part comes before the answer and how much
payments differ; and commits that are synced, against commits that are not, tell how long one waits for the disk. Of
what should take the same each time the quicker ones count, because on a busy machine the others waited for somebody.
Loads in between, and two processes, are not looked at: they are predicted.
"""

import asyncio
import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median, quantiles

import asyncpg

from benchmarks.arrivals import Arrived, arrive
from benchmarks.capacity.demands import Demands
from benchmarks.capacity.meters import Spent, metered
from benchmarks.payments import await_settled, pay
from benchmarks.pgbench import Script
from benchmarks.site import Programs, Site, create

RARE = 15.0  # customers a second, who hardly meet
_COMMITS = 200
_MIDDLE = (15, 83)  # percentiles between which two thirds of a bell lie, counted from 0
_SHARE_MIN, _SHARE_MAX = 0.1, 0.9


@dataclass(frozen=True, kw_only=True, slots=True)
class Calibration:
    """What was measured, and what follows for a payment."""

    demands: Demands
    saturated_rate: float
    rare_answer_s: float  # where nobody waits
    neighbours: float  # processors that strangers kept busy meanwhile


def calibrate(site: Site, programs: Programs, script: Script, *, seconds: int) -> Calibration:
    """Measure."""
    with metered(site) as full:
        paid = pay(site, programs, services=1, seconds=seconds)
    with metered(site) as rare:
        arrived = come(site, programs, services=1, rate=RARE, seconds=seconds, seed=1)
    commit_s = asyncio.run(_commit_s(site.dsn))
    return Calibration(
        demands=_demands(script, full=full, count=paid.count, rare=rare, arrived=arrived, commit_s=commit_s),
        saturated_rate=paid.rate,
        rare_answer_s=_quick_s(arrived.answers_s),
        neighbours=(full.neighbours + rare.neighbours) / 2,
    )


def come(site: Site, programs: Programs, *, services: int, rate: float, seconds: float, seed: int) -> Arrived:
    """Let customers come at this rate, and return when every payment is settled."""
    since_us, name = time.time_ns() // 1000, f"order-{time.time_ns()}"
    orders = (create(f"{name}-{number}") for number in itertools.count())
    arrived = arrive(programs.ports[:services], orders, rate=rate, seconds=seconds, seed=seed, expects=b"HTTP/1.1 202")
    await_settled(site, since_us=since_us)
    return arrived


def _demands(script: Script, *, full: Spent, count: int, rare: Spent, arrived: Arrived, commit_s: float) -> Demands:
    rare_count, rare_s = len(arrived.answers_s), _quick_s(arrived.answers_s)
    trips_after = script.transactions - 1
    trips_before = script.round_trips - trips_after
    trip_s = rare.each("database", rare_count) / script.round_trips
    # What is left of the answer is the service itself; its share is the same when it is busy.
    computing_s = rare_s - trips_before * trip_s - commit_s - rare.each("customers", rare_count)
    share = min(_SHARE_MAX, max(_SHARE_MIN, computing_s / rare.each("service", rare_count)))
    service_s = full.each("service", count)
    return Demands(
        answer_s=share * service_s,
        after_s=(1 - share) * service_s,
        database_s=full.each("database", count),
        psp_s=full.each("psp", count),
        customer_s=full.each("customers", count),
        commit_s=commit_s,
        trips_before=trips_before,
        trips_after=trips_after,
        variation=_variation(arrived),
        background=full.by_party["worker"] / full.elapsed_s + full.neighbours,
    )


async def _commit_s(dsn: str) -> float:
    """Return how much longer a commit takes that is synced."""
    connection = await asyncpg.connect(dsn)
    took_s: dict[str, list[float]] = {"on": [], "off": []}
    try:
        for _ in range(_COMMITS):
            for word, taken in took_s.items():
                await connection.execute(f"SET synchronous_commit = {word}")
                began_s = time.perf_counter()
                await connection.execute("SELECT pg_logical_emit_message(true, 'capacity', 'as long as a row')")
                taken.append(time.perf_counter() - began_s)
    finally:
        await connection.close()
    return max(0.0, _quick_s(took_s["on"]) - _quick_s(took_s["off"]))


def _quick_s(taken: Sequence[float]) -> float:
    """Return what the quicker ones took."""
    return quantiles(taken, n=4)[0]


def _variation(arrived: Arrived) -> float:
    """Return the squared coefficient of variation, without the few that something else had held up."""
    percentiles = quantiles(arrived.answers_s, n=100)
    low_s, high_s = (percentiles[number] for number in _MIDDLE)
    return ((high_s - low_s) / 2 / median(arrived.answers_s)) ** 2
