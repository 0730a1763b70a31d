"""How each process of a live system is started: which program, and what it is told through its environment."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from pydantic import JsonValue
from sqlalchemy.engine import URL

from scenarios.live.addresses import Addresses
from scenarios.live.credentials import Credentials
from scenarios.live.machines import Launch
from scenarios.live.ports import LOOPBACK
from scenarios.spec import Scenario
from service.psp_wire import HANDLED_EVENTS

# A refused or failed delivery is repeated within the run: Stripe's own schedule is for days.
_WEBHOOK_RETRIES_S = (0.5, 1, 2, 4, 8, 16)
_WEBHOOK_TIMEOUT_S = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Detours:
    """Where parties find each other who do not do so directly, because a proxy stands between them."""

    service_ports: tuple[int, ...] = ()  # of the service's processes, where the service's own port is a proxy's
    psp_ports: Mapping[str, int] = MappingProxyType({})  # where the PSP is found, by who asks: service, worker
    webhook_port: int | None = None  # where the PSP finds the service
    database_folders: Mapping[str, Path] = MappingProxyType({})  # of the server's socket, by who asks


DIRECTLY = Detours()
"""Nothing stands between them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Launches:
    """What the processes of one system must know of each other."""

    scenario: Scenario
    addresses: Addresses
    credentials: Credentials
    database: URL
    detours: Detours

    def machines(self) -> dict[str, Launch]:
        """Return how each process of the service and of its workers is started, by name."""
        ports = self.detours.service_ports or (self.addresses.service_port,)
        alone = "service" if len(ports) == 1 else None
        launches = {
            f"service/{number}": self._launch("service", alone or f"service-{number}", port=port)
            for number, port in enumerate(ports, start=1)
        }
        for number in range(1, self.scenario.workers + 1):
            launches[f"worker/{number}"] = self._launch("worker", f"worker-{number}", port=None)
        return launches

    def psp(self, *, seed: int) -> Launch:
        """Return how the PSP is started."""
        return Launch(program="psp", module="psp_chaos.main", environment=_psp_environment(self, seed=seed))

    def _launch(self, kind: str, program: str, *, port: int | None) -> Launch:
        ready_at = None if port is None else f"http://{LOOPBACK}:{port}/readyz"
        environment = _service_environment(self, kind, port=port or 0)
        module = "service.main" if kind == "service" else "service.worker_main"
        arguments: tuple[str, ...] = ()
        if self.scenario.defect is not None:
            module, arguments = "scenarios.live.defective_main", (self.scenario.defect, kind)
        return Launch(program=program, module=module, arguments=arguments, environment=environment, ready_at=ready_at)


def _service_environment(launches: Launches, kind: str, *, port: int) -> dict[str, str]:
    database, detours = launches.database, launches.detours
    if kind in detours.database_folders:
        database = database.update_query_dict({"host": str(detours.database_folders[kind])})
    psp_port = detours.psp_ports.get(kind, launches.addresses.psp_port)
    return _environment(
        "PAYSTORM_",
        {
            **launches.scenario.service,
            "database_url": database.render_as_string(hide_password=False),
            "psp_base_url": f"http://{LOOPBACK}:{psp_port}",
            "psp_api_key": launches.credentials.psp_key,
            "psp_webhook_secret": launches.credentials.webhook_secret,
            "listen_host": LOOPBACK,
            "listen_port": port,
        },
    )


def _psp_environment(launches: Launches, *, seed: int) -> dict[str, str]:
    scenario, credentials = launches.scenario, launches.credentials
    webhook_port = launches.detours.webhook_port or launches.addresses.service_port
    endpoint: JsonValue = {
        "url": f"http://{LOOPBACK}:{webhook_port}/webhooks/psp",
        "secret": credentials.webhook_secret,
        "enabled_events": list(HANDLED_EVENTS),
    }
    return _environment(
        "PSP_",
        {
            **scenario.psp,
            "secret_key": credentials.psp_key,
            "control_token": credentials.control_token,
            "webhook_endpoints": [endpoint],
            "webhook_retry_schedule_s": list(_WEBHOOK_RETRIES_S),
            "webhook_timeout_s": _WEBHOOK_TIMEOUT_S,
            "latency_s": list(scenario.psp_latency_s),
            "asynchronous_share": scenario.psp_asynchronous_share,
            "asynchronous_s": list(scenario.psp_asynchronous_s),
            "host": LOOPBACK,
            "port": launches.addresses.psp_port,
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
