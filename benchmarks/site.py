"""What the service is measured on: a server that loses nothing, books of some size, real processes on loopback.

PostgreSQL syncs every commit (`DURABLE`, its own defaults), because that is how payments are kept. It is given more
memory and rarer checkpoints, for the service and for pgbench alike, so that no checkpoint falls into one of them.
"""

import asyncio
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import asyncpg
import httpx
import psutil
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import create_async_engine

from benchmarks.books import MERCHANT, fill
from scenarios.database import DatabaseServer, database_server
from scenarios.embedded_postgres.profiles import DURABLE, Profile
from scenarios.live.children import Child, Children, stop
from scenarios.live.ports import choose_port
from scenarios.live.scratch import scratch_folder
from service.wiring import add_merchant, create_schema

API_KEY = "key_of_the_merchant"
POOL_SIZE = 10  # connections of one process; the default
_PROFILE = Profile(
    name="benchmark",
    settings=MappingProxyType(
        {
            **DURABLE.settings,
            "shared_buffers": "1GB",
            "max_wal_size": "8GB",
            "checkpoint_timeout": "1h",
            "shared_preload_libraries": "pg_stat_statements",
        }
    ),
)
_HERE = str(Path(__file__).parents[1])
_PATIENCE_S = 60.0
_POLL_S = 0.05


@dataclass(frozen=True, kw_only=True)
class Site:
    """A database with books in it, and the means to start programs on it."""

    database: URL
    children: Children

    @property
    def dsn(self) -> str:
        """Return the address of the database as drivers take it."""
        return self.database.set(drivername="postgresql").render_as_string(hide_password=False)

    def fetch(self, statement: str, *values: object) -> object:
        """Return the only value that a statement has."""
        return asyncio.run(_fetched(self.dsn, statement, *values))

    @contextmanager
    def programs(
        self, *, services: int = 0, workers: int = 0, settings: Mapping[str, str] | None = None
    ) -> Iterator["Programs"]:
        """Start a PSP, so many services and so many workers; yield when they answer, and stop them at the end."""
        psp_port = choose_port(0, option="")
        started = [self._start("psp", "benchmarks.psp_stub", {}, str(psp_port))]
        ports = [choose_port(0, option="") for _ in range(services)]
        shared = self._settings(psp_port) | dict(settings or {})
        try:
            for number, port in enumerate(ports):
                environment = shared | {"PAYSTORM_LISTEN_PORT": str(port)}
                started.append(self._start(f"service-{number}", "service.main", environment))
            started.extend(self._start(f"worker-{number}", "service.worker_main", shared) for number in range(workers))
            self._await(ports)
            yield Programs(ports=ports, services=started[1 : 1 + services])
        finally:
            stop(started)

    def _start(self, name: str, module: str, environment: Mapping[str, str], *arguments: str) -> Child:
        # Benchmarks are no part of what is installed.
        return self.children.start(
            name, module, environment={**environment, "PYTHONPATH": _HERE}, arguments=arguments, may_end=True
        )

    def _settings(self, psp_port: int) -> dict[str, str]:
        return {
            "PAYSTORM_DATABASE_URL": self.database.render_as_string(hide_password=False),
            "PAYSTORM_PSP_BASE_URL": f"http://127.0.0.1:{psp_port}",
            "PAYSTORM_PSP_API_KEY": "sk_test_benchmark",
            "PAYSTORM_PSP_WEBHOOK_SECRET": "whsec_benchmark",
            "PAYSTORM_POOL_SIZE": str(POOL_SIZE),
            "PAYSTORM_SETTLEMENT_PERIOD_S": "none",  # this PSP has no statement
        }

    def _await(self, ports: Sequence[int]) -> None:
        deadline_s = time.monotonic() + _PATIENCE_S
        with httpx.Client(timeout=1.0, trust_env=False) as http:
            for port in ports:
                while not _answers(http, port):
                    assert time.monotonic() < deadline_s, "a service did not answer in time"
                    time.sleep(_POLL_S)


@dataclass(frozen=True, kw_only=True)
class Programs:
    """Services that answer."""

    ports: Sequence[int]
    services: Sequence[Child]

    def processor_s(self) -> float:
        """Return the processor time, user and system, that the services have taken since they began."""
        times = [psutil.Process(service.process.pid).cpu_times() for service in self.services]
        return sum(one.user + one.system for one in times)


@contextmanager
def benchmark_server() -> Iterator[DatabaseServer]:
    """Yield the server that all sizes of books are measured on."""
    with database_server(None, profile=_PROFILE) as server:
        yield server


@contextmanager
def site(server: DatabaseServer, *, payments: int) -> Iterator[Site]:
    """Yield books of so many payments; nothing is left of them at the end."""
    with server.new_database() as database, scratch_folder() as logs, Children(logs=logs) as children:
        one = Site(database=database, children=children)
        asyncio.run(_prepare(one, payments=payments))
        yield one


async def _prepare(one: Site, *, payments: int) -> None:
    engine = create_async_engine(one.database)
    await create_schema(engine)
    await add_merchant(engine, merchant_id=MERCHANT, name="The merchant", api_key=API_KEY)
    await engine.dispose()
    connection = await asyncpg.connect(one.dsn)
    try:
        await connection.execute("CREATE EXTENSION pg_stat_statements")
        await fill(connection, payments=payments, now_us=time.time_ns() // 1000)
    finally:
        await connection.close()


async def _fetched(dsn: str, statement: str, *values: object) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(statement, *values)
    finally:
        await connection.close()


def create(order: str) -> bytes:
    """Return the request that creates a payment; the same order again is the same click."""
    body = json.dumps({"amount": 1250, "currency": "EUR", "payment_method": "pm_card_visa", "order_id": order}).encode()
    head = (
        f"POST /v1/payments HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {API_KEY}\r\n"
        f"Idempotency-Key: {order}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _answers(http: httpx.Client, port: int) -> bool:
    try:
        return http.get(f"http://127.0.0.1:{port}/readyz").is_success
    except httpx.HTTPError:
        return False
