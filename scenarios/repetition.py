"""Runs again what a folder records and tells whether the two runs are one and the same."""

from dataclasses import dataclass
from pathlib import Path

from reports.evidence import load_run
from scenarios.database import DatabaseServer
from scenarios.errors import BadInput
from scenarios.progress import Listener
from scenarios.spec import Scenario
from scenarios.virtual.runner import run_virtually


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What determines a run, and what came of it."""

    scenario: Scenario
    seed: int
    command: str
    digest: str
    folder: Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Repetition:
    """Two runs of one plan."""

    digests: tuple[str, str]
    first_difference: str | None  # where the records part, if they do

    @property
    def is_equal(self) -> bool:
        """Whether every record is the same, to the last byte."""
        return self.digests[0] == self.digests[1]


def plan_of(folder: Path) -> Plan:
    """Return the plan that a run folder records.

    Raises:
        BadInput: The run took place in real time, which cannot be repeated, or its plan is not ours to read.
        EvidenceError: The folder is not a run.
    """
    manifest = load_run(folder).manifest
    if manifest.mode != "virtual":
        raise BadInput(
            f"{folder}: a {manifest.mode} run cannot be repeated exactly; run it again with {manifest.command}"
        )
    scenario = Scenario.parse(manifest.plan)
    return Plan(scenario=scenario, seed=manifest.seed, command=manifest.command, digest=manifest.digest, folder=folder)


def repeat(plan: Plan, *, server: DatabaseServer, listener: Listener, out: Path) -> Repetition:
    """Run a plan again, write its evidence to `out` and compare the two."""
    recording = run_virtually(plan.scenario, seed=plan.seed, server=server, command=plan.command, listener=listener)
    digest = recording.write(out)
    return Repetition(
        digests=(plan.digest, digest),
        first_difference=None if digest == plan.digest else _first_difference(plan.folder, out),
    )


def _first_difference(one: Path, other: Path) -> str:
    """Name the first record that differs; the diary comes first, because everything follows from it."""
    names = sorted({path.relative_to(folder) for folder in (one, other) for path in folder.rglob("*.jsonl")})
    for name in names:
        lines, others = (_lines(folder / name) for folder in (one, other))
        for number, (line, counterpart) in enumerate(zip(lines, others, strict=False), start=1):
            if line != counterpart:
                return f"{name} line {number}"
        if len(lines) != len(others):
            return f"{name}: {len(lines)} lines against {len(others)}"
    return "none in the records that are left; the folder was changed after the run"


def _lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines() if path.exists() else []
