"""The system under test as real processes: one service, its workers, the PSP, and a database of their own."""

import asyncio
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import httpx
from pydantic import JsonValue
from sqlalchemy.engine import URL

from scenarios.database import database_server
from scenarios.embedded_postgres import KILLABLE
from scenarios.errors import BadInput, InfrastructureFailed
from scenarios.interrupts import ignore_interrupts, interrupts_restored
from scenarios.live.children import Child, Children
from scenarios.live.credentials import Credentials
from scenarios.live.live_defects import alterations_of, program_of
from scenarios.live.ports import LOOPBACK, choose_port
from scenarios.live.preparation import prepare
from scenarios.live.psp_control import PspControl
from scenarios.spec import Scenario
from service.psp_wire import HANDLED_EVENTS

_START_TIMEOUT_S = 60.0  # imports alone take seconds on a busy machine
_POLL_S = 0.05
# A refused or failed delivery is repeated within the run: Stripe's own schedule is for days.
_WEBHOOK_RETRIES_S = (0.5, 1, 2, 4, 8, 16)
_WEBHOOK_TIMEOUT_S = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Addresses:
    """Where service and PSP listen, on loopback."""

    service_port: int
    psp_port: int

    @classmethod
    def choose(cls, *, service_port: int = 0, psp_port: int = 0) -> Self:
        """Return these ports, or free ones for 0.

        Raises:
            BadInput: A port is taken, or both are the same.
        """
        if service_port == psp_port != 0:
            raise BadInput(f"--port and --psp-port are both {service_port}; two programs need two ports")
        return cls(
            service_port=choose_port(service_port, option="--port"), psp_port=choose_port(psp_port, option="--psp-port")
        )

    @property
    def service_url(self) -> str:
        """Where customers go, and the PSP's webhooks."""
        return f"http://{LOOPBACK}:{self.service_port}"

    @property
    def psp_url(self) -> str:
        """Where the service goes."""
        return f"http://{LOOPBACK}:{self.psp_port}"


@dataclass(frozen=True, kw_only=True, slots=True)
class LiveSystem:
    """A system that is up and answers."""

    addresses: Addresses
    credentials: Credentials
    children: Children
    control: PspControl
    database: URL
    postgresql: str  # version of the server


@contextmanager
def live_system(
    scenario: Scenario, *, seed: int, addresses: Addresses, logs: Path, database_url: str | None
) -> Iterator[LiveSystem]:
    """Yield the system under the scenario's conditions, without its faults; at the end nothing of it is left.

    Raises:
        PostgresUnavailable: No database server could be found, started or reached.
        InfrastructureFailed: A process did not come up; the message names it and ends with its last words.
    """
    credentials = Credentials.new()
    with (
        interrupts_restored(),
        database_server(database_url, profile=KILLABLE) as server,
        server.new_database() as database,
        Children(logs=logs) as children,
        PspControl(addresses.psp_url, token=credentials.control_token) as control,
    ):
        system = LiveSystem(
            addresses=addresses,
            credentials=credentials,
            children=children,
            control=control,
            database=database,
            postgresql=server.version,
        )
        _start(system, scenario, seed=seed)
        try:
            yield system
        finally:
            ignore_interrupts()


def _start(system: LiveSystem, scenario: Scenario, *, seed: int) -> None:
    service_environment = _service_environment(system, scenario)
    database_url, alterations = service_environment["PAYSTORM_DATABASE_URL"], alterations_of(scenario.defect)
    asyncio.run(prepare(database_url, api_key=system.credentials.api_key, alterations=alterations))
    children, addresses = system.children, system.addresses
    psp = children.start("psp", "psp_chaos.main", environment=_psp_environment(system, scenario, seed=seed))
    module, told = program_of("service", defect=scenario.defect)
    service = children.start("service", module, environment={**service_environment, **told})
    module, told = program_of("worker", defect=scenario.defect)
    for number in range(1, scenario.workers + 1):
        children.start(f"worker-{number}", module, environment={**service_environment, **told})
    deadline = time.monotonic() + _START_TIMEOUT_S
    _await_answer(psp, f"{addresses.psp_url}/_chaos/health", children=children, deadline=deadline)
    _await_answer(service, f"{addresses.service_url}/readyz", children=children, deadline=deadline)


def _service_environment(system: LiveSystem, scenario: Scenario) -> dict[str, str]:
    return _environment(
        "PAYSTORM_",
        {
            **scenario.service,
            "database_url": system.database.render_as_string(hide_password=False),
            "psp_base_url": system.addresses.psp_url,
            "psp_api_key": system.credentials.psp_key,
            "psp_webhook_secret": system.credentials.webhook_secret,
            "listen_host": LOOPBACK,
            "listen_port": system.addresses.service_port,
        },
    )


def _psp_environment(system: LiveSystem, scenario: Scenario, *, seed: int) -> dict[str, str]:
    endpoint: JsonValue = {
        "url": f"{system.addresses.service_url}/webhooks/psp",
        "secret": system.credentials.webhook_secret,
        "enabled_events": list(HANDLED_EVENTS),
    }
    return _environment(
        "PSP_",
        {
            **scenario.psp,
            "secret_key": system.credentials.psp_key,
            "control_token": system.credentials.control_token,
            "webhook_endpoints": [endpoint],
            "webhook_retry_schedule_s": list(_WEBHOOK_RETRIES_S),
            "webhook_timeout_s": _WEBHOOK_TIMEOUT_S,
            "latency_s": list(scenario.psp_latency_s),
            "asynchronous_share": scenario.psp_asynchronous_share,
            "asynchronous_s": list(scenario.psp_asynchronous_s),
            "host": LOOPBACK,
            "port": system.addresses.psp_port,
            "seed": seed,
            "log_level": "warning",
        },
    )


def _environment(prefix: str, settings: Mapping[str, JsonValue]) -> dict[str, str]:
    """Return settings as pydantic-settings reads them: text as it is, everything else as JSON."""
    return {
        f"{prefix}{name.upper()}": value if isinstance(value, str) else json.dumps(value)
        for name, value in settings.items()
    }


def _await_answer(child: Child, url: str, *, children: Children, deadline: float) -> None:
    with httpx.Client(timeout=1.0, trust_env=False) as http:
        while not _answers(http, url):
            children.check()
            if time.monotonic() > deadline:
                raise InfrastructureFailed(
                    f"{child.name} did not answer at {url} within {_START_TIMEOUT_S:g} s: "
                    f"{child.last_words()} (log: {child.log})"
                )
            time.sleep(_POLL_S)


def _answers(http: httpx.Client, url: str) -> bool:
    try:
        return http.get(url).is_success
    except httpx.HTTPError:
        return False
