"""Payments accepted and settled, on one and two real services, against pgbench on the same statements and server.

A payment counts when its row says SUCCESS: accepted over HTTP, answered, sent to the PSP, its word recorded. The clock
stops when the last one is settled. The worker that runs beside finds work only if the fast path leaves it some.
"""

import itertools
import time
from dataclasses import dataclass

from benchmarks.clicks import click, for_a_while
from benchmarks.effort import Effort
from benchmarks.pgbench import Script, recorded_script, run_pgbench
from benchmarks.reading import Reading, Readings
from benchmarks.site import POOL_SIZE, Programs, Site, create

CUSTOMERS = 10  # connections to each service: as many as it has to the database
_PATIENCE_S = 180.0  # a busy machine loses answers, and a worker comes back to them
_POLL_S = 0.02
_MILLISECONDS = 1_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Paid:
    """Payments that were accepted and settled."""

    count: int
    seconds: float
    processor_s: float  # of all services

    @property
    def rate(self) -> float:
        """Return payments per second."""
        return self.count / self.seconds

    @property
    def cost_ms(self) -> float:
        """Return what the services' processors spent on each."""
        return self.processor_s / self.count * _MILLISECONDS


def measure_payments(site: Site, effort: Effort) -> list[Reading]:
    """Return both rates, pgbench's with as many connections, and their ratio, taken in turns."""
    script = recorded_script(site)
    readings = Readings()
    with site.programs(services=2, workers=1) as programs:
        pay(site, programs, services=2, seconds=1)  # opens the pools and prepares the statements
        for _ in range(effort.rounds):
            for services in (1, 2):
                _measure(site, programs, script, readings, services=services, seconds=effort.seconds)
    readings.add("  round trips of a payment, service and pgbench", "", script.round_trips)
    readings.add("  transactions of a payment", "", script.transactions)
    return readings.all()


def _measure(
    site: Site, programs: Programs, script: Script, readings: Readings, *, services: int, seconds: int
) -> None:
    name = f"payments, {services} service{'s' if services > 1 else ''}"
    paid = pay(site, programs, services=services, seconds=seconds)
    bound = run_pgbench(site, script, connections=services * POOL_SIZE, seconds=seconds)
    readings.add(name, "per second", paid.rate, is_rate=True)
    readings.add(f"{name}: processor time of the service", "ms each", paid.cost_ms)
    readings.add(f"{name}: pgbench, {services * POOL_SIZE} connections", "per second", bound, is_rate=True)
    readings.add(f"{name}: share of pgbench", "%", 100 * paid.rate / bound)


def pay(site: Site, programs: Programs, *, services: int, seconds: int) -> Paid:
    """Let customers pay who never wait, and return when every payment is settled."""
    since_us, name = time.time_ns() // 1000, f"order-{time.time_ns()}"
    orders = (create(f"{name}-{number}") for number in itertools.count())
    spent_s, started_s = programs.processor_s(), time.perf_counter()
    clicked = click(
        programs.ports[:services],
        for_a_while(orders, seconds=seconds),
        connections=CUSTOMERS,
        expects=b"HTTP/1.1 202",
    )
    await_settled(site, since_us=since_us)
    took_s = time.perf_counter() - started_s
    settled = site.fetch(
        "SELECT count(*) FROM attempts WHERE settled_at_us >= $1 AND created_at_us >= $1 AND state = 'SUCCEEDED'",
        since_us,
    )
    assert settled == clicked.count, f"{clicked.count} payments were accepted, {settled} settled"
    return Paid(count=clicked.count, seconds=took_s, processor_s=programs.processor_s() - spent_s)


def await_settled(site: Site, *, since_us: int) -> None:
    """Return when every attempt that was made since then is settled."""
    deadline_s = time.monotonic() + _PATIENCE_S
    while site.fetch("SELECT count(*) FROM attempts WHERE settled_at_us IS NULL AND created_at_us >= $1", since_us):
        assert time.monotonic() < deadline_s, "payments were not settled in time"
        time.sleep(_POLL_S)
