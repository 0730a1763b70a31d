"""What a run recorded, on its way into the evidence folder."""

import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import Any

from reports.evidence import Record, record_run
from reports.records import Json, JsonObject
from scenarios.run_folder import link_latest
from scenarios.spec import Scenario

type Rows = Sequence[Mapping[str, Any]]  # from three strangers; record_run holds each row against the format

_PACKAGES = ("paystorm", "simpy", "fastapi", "sqlalchemy", "asyncpg", "httpx")


@dataclass(frozen=True, kw_only=True, slots=True)
class Recording:
    """Everybody's diaries of one run; times in microseconds since the epoch."""

    scenario: Scenario
    seed: int
    mode: str  # "virtual" or "live"
    command: str  # repeats this very run
    postgresql: str  # version of the server
    started_at_us: int
    storm_ended_at_us: int
    ended_at_us: int
    is_complete: bool = True  # False: somebody ended it before its time
    swarm: Mapping[str, Json] = MappingProxyType({})  # what of the scenario the seed drew
    left_out: Sequence[str] = ()  # of the scenario, what could not be done, and why
    timeline: str = ""  # digest of the order of everything that happened; live runs have none
    timeline_lines: Sequence[str] = ()  # if they were to be kept
    diary: Rows
    service: Mapping[str, Rows]
    psp: Mapping[str, Rows]
    faults: Rows
    notices: Rows | None = None  # what merchants were told; None: nobody listens
    counts: Mapping[str, int]  # requests, round trips and the like
    wall_s: float

    def record(self) -> Record:
        """Return the evidence, to be judged at once.

        Raises:
            EvidenceError: A diary has rows that the judge cannot read.
        """
        return record_run(
            manifest=self._manifest(),
            diary=self.diary,
            service=self.service,
            psp=self.psp,
            faults=self.faults,
            notices=self.notices,
        )

    def write(self, folder: Path) -> str:
        """Write the evidence folder and return the digest of its records.

        Raises:
            EvidenceError: A diary has rows that the judge cannot read.
        """
        record = self.record()
        run_s = (self.ended_at_us - self.started_at_us) / 1e6
        record.write(folder, timing={"wall_s": round(self.wall_s, 3), "run_s": run_s})
        link_latest(folder)
        return record.digest

    def _manifest(self) -> JsonObject:
        return {
            "scenario": self.scenario.name,
            "story": self.scenario.story,
            "seed": self.seed,
            "mode": self.mode,
            "command": self.command,
            "versions": {"python": platform.python_version(), "postgresql": self.postgresql, **_package_versions()},
            "commit": _commit(),
            "plan": self.scenario.model_dump(mode="json"),
            "started_at_us": self.started_at_us,
            "storm_ended_at_us": self.storm_ended_at_us,
            "ended_at_us": self.ended_at_us,
            "is_complete": self.is_complete,
            "final_within_s": self.scenario.final_within_s,
            "swarm": dict(self.swarm),
            "left_out": list(self.left_out),
            "timeline": self.timeline,
            "counts": dict(self.counts),
        }


@cache
def _package_versions() -> dict[str, Json]:
    return {name: version(name) for name in _PACKAGES}


@cache
def _commit() -> str | None:
    """Return the commit of the checkout that runs, where it is one."""
    here = Path(__file__).parent
    try:
        answer = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=here, capture_output=True, text=True, check=False, timeout=5
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout.strip() or None
