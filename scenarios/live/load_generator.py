"""Locust as a child process: importing it would patch the whole standard library of ours."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from scenarios.live.children import Child
from scenarios.live.ports import LOOPBACK
from scenarios.live.system import LiveSystem
from scenarios.scenario_file import is_file_name

_LOCUSTFILE = Path(__file__).with_name("locustfile.py")
DIARY = "customers.jsonl"
"""The customers' diary as Locust appends to it, in the folder of the logs."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Load:
    """How many customers at once, for how long, and who starts and ends it."""

    scenario: str  # name in the library, or a file
    seed: int
    users: int
    duration_s: float | None  # None: until somebody ends it
    web_port: int | None  # of Locust's pages; None: there are none, and the load starts at once


def start_load(load: Load, system: LiveSystem) -> Child:
    """Start Locust against the system; it may end by itself."""
    return system.children.start(
        "locust",
        "locust",
        environment={
            "PAYSTORM_LOAD_SCENARIO": _as_seen_from_anywhere(load.scenario),
            "PAYSTORM_LOAD_SEED": str(load.seed),
            "PAYSTORM_LOAD_API_KEY": system.credentials.api_key,
            "PAYSTORM_LOAD_DIARY": DIARY,
        },
        arguments=_arguments(load, host=system.addresses.service_url),
        may_end=True,
    )


def _as_seen_from_anywhere(scenario: str) -> str:
    """Return the name of a scenario for a process that lives in another folder."""
    return str(Path(scenario).absolute()) if is_file_name(scenario) else scenario


def _arguments(load: Load, *, host: str) -> Sequence[str]:
    # All users come within a second. Refusals and timeouts are what we are after, so they do not fail Locust.
    common = ["--locustfile", str(_LOCUSTFILE), "--host", host, "--users", str(load.users)]
    common += ["--spawn-rate", str(load.users), "--exit-code-on-error", "0", "--loglevel", "WARNING"]
    if load.web_port is not None:
        return [*common, "--web-host", LOOPBACK, "--web-port", str(load.web_port)]
    limit = [] if load.duration_s is None else ["--run-time", f"{math.ceil(load.duration_s)}s"]
    return [*common, "--headless", "--only-summary", *limit]
