"""Locust as child processes: importing it would patch the whole standard library of ours.

One process is a load by itself. Several are a master, who has the pages and counts, and workers, who have the users;
each keeps a diary of its own.
"""

import math
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from scenarios.live.arrivals import ArrivalProcess
from scenarios.live.children import Child
from scenarios.live.diaries import DIARY, diary_of_part
from scenarios.live.ports import LOOPBACK, choose_port
from scenarios.live.system import LiveSystem
from scenarios.scenario_file import is_file_name

_LOCUSTFILE = Path(__file__).with_name("locustfile.py")
_NAME = "locust"


@dataclass(frozen=True, kw_only=True, slots=True)
class Load:
    """How many customers at once, for how long, and who starts and ends it."""

    scenario: str  # name in the library, or a file
    seed: int
    users: int  # at once; in an open model no more than these
    duration_s: float | None  # None: until somebody ends it
    web_port: int | None  # of Locust's pages; None: there are none, and the load starts at once
    rate_per_s: float | None = None  # customers a second, in an open model; None: closed
    arrivals: ArrivalProcess = ArrivalProcess.POISSON
    processes: int = 1  # of Locust's on this machine that have users
    workers_elsewhere: int = 0  # that are waited for, on other machines
    master_port: int | None = None  # where they find the master; None: any free port

    @property
    def parts(self) -> int:
        """Over how many processes the users are spread."""
        return self.processes + self.workers_elsewhere

    @property
    def is_distributed(self) -> bool:
        """Whether there are a master and workers."""
        return self.parts > 1 or self.workers_elsewhere > 0


def start_load(load: Load, system: LiveSystem) -> Child:
    """Start Locust against the system, and a monitor if it has pages; when what is returned ends, the load is over."""
    environment = {
        "PAYSTORM_LOAD_SCENARIO": _as_seen_from_anywhere(load.scenario),
        "PAYSTORM_LOAD_SEED": str(load.seed),
        "PAYSTORM_LOAD_API_KEY": system.credentials.api_key,
        "PAYSTORM_LOAD_RATE_PER_S": str(load.rate_per_s or 0.0),
        "PAYSTORM_LOAD_ARRIVALS": load.arrivals.value,
        "PAYSTORM_LOAD_PARTS": str(load.parts),
    }
    paged = environment if load.web_port is None else environment | _start_monitor(load, system)
    arguments = _arguments(load, host=system.addresses.service_url)
    if not load.is_distributed:
        return _start(_NAME, system, paged | {"PAYSTORM_LOAD_DIARY": DIARY}, arguments)
    port = choose_port(load.master_port or 0, option="--master-port")
    master = _start(_NAME, system, paged, [*arguments, *_as_master(load, port=port)])
    for part in range(1, load.processes + 1):
        diary = {"PAYSTORM_LOAD_DIARY": diary_of_part(part)}
        _start(f"{_NAME}-{part}", system, environment | diary, worker_arguments(LOOPBACK, port=port))
    return master


def load_processes(system: LiveSystem) -> list[Child]:
    """Return all processes of the load that were started, without the monitor."""
    return system.children.named(_NAME)


def worker_arguments(master_host: str, *, port: int) -> Sequence[str]:
    """Return the arguments of a Locust that does what a master says."""
    master = ["--master-host", master_host, "--master-port", str(port)]
    return ["--locustfile", str(_LOCUSTFILE), "--worker", *master, "--loglevel", "WARNING", "--exit-code-on-error", "0"]


def _start(name: str, system: LiveSystem, environment: Mapping[str, str], arguments: Sequence[str]) -> Child:
    return system.children.start(name, "locust", environment=environment, arguments=arguments, may_end=True)


def _start_monitor(load: Load, system: LiveSystem) -> dict[str, str]:
    """Start who looks at the money meanwhile; return how Locust finds it."""
    port, token = choose_port(0, option="--web-port"), secrets.token_hex(16)
    system.children.start(
        "monitor",
        "scenarios.live.monitor",
        environment={
            "PAYSTORM_MONITOR_SCENARIO": _as_seen_from_anywhere(load.scenario),
            "PAYSTORM_MONITOR_DIARIES": str(system.children.logs),
            "PAYSTORM_MONITOR_DATABASE_URL": system.database.render_as_string(hide_password=False),
            "PAYSTORM_MONITOR_PSP_URL": system.addresses.psp_url,
            "PAYSTORM_MONITOR_CONTROL_TOKEN": system.credentials.control_token,
            "PAYSTORM_MONITOR_PORT": str(port),
            "PAYSTORM_MONITOR_TOKEN": token,
        },
        may_end=True,  # who only watches must not end a load
    )
    return {"PAYSTORM_LOAD_MONITOR_URL": f"http://{LOOPBACK}:{port}", "PAYSTORM_LOAD_MONITOR_TOKEN": token}


def _as_seen_from_anywhere(scenario: str) -> str:
    """Return the name of a scenario for a process that lives in another folder."""
    return str(Path(scenario).absolute()) if is_file_name(scenario) else scenario


def _as_master(load: Load, *, port: int) -> Sequence[str]:
    bound = ["--master", "--master-bind-host", LOOPBACK, "--master-bind-port", str(port)]
    return [*bound, "--expect-workers", str(load.parts)]


def _arguments(load: Load, *, host: str) -> Sequence[str]:
    # All users come within a second. Refusals and timeouts are what we are after, so they do not fail Locust.
    common = ["--locustfile", str(_LOCUSTFILE), "--host", host, "--users", str(load.users)]
    common += ["--spawn-rate", str(load.users), "--exit-code-on-error", "0", "--loglevel", "WARNING"]
    if load.web_port is not None:
        return [*common, "--web-host", LOOPBACK, "--web-port", str(load.web_port)]
    limit = [] if load.duration_s is None else ["--run-time", f"{math.ceil(load.duration_s)}s"]
    return [*common, "--headless", "--only-summary", *limit]
