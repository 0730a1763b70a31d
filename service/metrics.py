"""What operators measure, in a registry of its own for each process that asks for it; nothing here is global.

What a process sees itself is counted as it happens. What only the books know is asked of them when somebody scrapes
(`service.store.census`). A service that is composed without metrics, as every simulated one, pays nothing.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import generate_latest

from engine.circuit import Circuit, CircuitState
from engine.retries import SECOND_US
from service.store.census import Census
from service.store.database import PoolUse

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
# From a fast path to the end of the retry schedule.
_HEAL_S = (0.1, 0.5, 1, 2.5, 5, 15, 30, 60, 120, 300, 900, 3600, 14_400, 86_400)
_REQUEST_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """The instruments of one process."""

    def __init__(self) -> None:
        """Make a registry and its instruments."""
        self._registry = CollectorRegistry()
        self._requests = self._counter("requests", "Requests by route and status", "method", "route", "status")
        self._request_s = self._histogram(
            "request_seconds", "From a request's arrival to its answer", _REQUEST_S, "route"
        )
        self._calls = self._counter("psp_calls", "Questions to the PSP by what came of them", "question", "outcome")
        self._call_s = self._histogram(
            "psp_call_seconds", "From a question to the PSP to its answer", _REQUEST_S, "question"
        )
        self._moves = self._counter("payment_moves", "Payments that reached a state", "state", "source")
        self._heal_s = self._histogram(
            "heal_seconds", "From the first request to the PSP about an attempt to its final word", _HEAL_S, "kind"
        )
        self._payments = self._gauge("payments", "Payments by state; many finished ones are estimated", "state")
        self._oldest_s = self._gauge("oldest_unfinished_seconds", "Age of the oldest work that is not finished", "work")
        self._unfinished = self._gauge("unfinished", "Work that is not finished, counted up to a bound", "work")
        self._discrepancies = self._gauge("discrepancies", "Discrepancies on record", "kind", "state")
        self._connections = self._gauge("pool_connections", "Connections of the pool", "use")
        self._circuit = self._gauge("psp_circuit", "1 for the state that the circuit breaker is in", "state")

    def request(self, *, method: str, route: str, status: int, took_us: int) -> None:
        """Count an answer."""
        self._requests.labels(method, route, status).inc()
        self._request_s.labels(route).observe(max(0, took_us) / SECOND_US)

    def psp_call(self, *, question: str, outcome: str, took_us: int) -> None:
        """Count a question to the PSP."""
        self._calls.labels(question, outcome).inc()
        self._call_s.labels(question).observe(max(0, took_us) / SECOND_US)

    def payment_moved(self, *, state: str, source: str) -> None:
        """Count a payment's move that has been committed."""
        self._moves.labels(state, source).inc()

    def healed(self, *, kind: str, took_us: int) -> None:
        """Note how long an attempt's outcome was unknown."""
        self._heal_s.labels(kind).observe(max(0, took_us) / SECOND_US)

    def exposition(self, census: Census | None, *, pool: PoolUse, circuit: Circuit, now_us: int) -> bytes:
        """Return everything as Prometheus reads it; without a census where the books cannot be asked."""
        self._take(census, now_us=now_us)
        self._connections.labels("in_use").set(pool.in_use)
        self._connections.labels("size").set(pool.size)
        for state in CircuitState:
            self._circuit.labels(state).set(circuit.state(now_us=now_us) is state)
        return generate_latest(self._registry)

    def _take(self, census: Census | None, *, now_us: int) -> None:
        for gauge in (self._payments, self._oldest_s, self._unfinished, self._discrepancies):
            gauge.clear()  # rather nothing than what was true once
        if census is None:
            return
        for state, count in census.payments.items():
            self._payments.labels(state).set(count)
        for work, unfinished in census.unfinished.items():
            self._unfinished.labels(work).set(unfinished.count)
            since_us = unfinished.oldest_us
            self._oldest_s.labels(work).set(0 if since_us is None else max(0, now_us - since_us) / SECOND_US)
        for (kind, state), count in census.discrepancies.items():
            self._discrepancies.labels(kind, state).set(count)

    def _counter(self, name: str, what: str, *labels: str) -> Counter:
        return Counter(f"paystorm_{name}", what, labels, registry=self._registry)

    def _gauge(self, name: str, what: str, *labels: str) -> Gauge:
        return Gauge(f"paystorm_{name}", what, labels, registry=self._registry)

    def _histogram(self, name: str, what: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
        return Histogram(f"paystorm_{name}", what, labels, buckets=buckets, registry=self._registry)
