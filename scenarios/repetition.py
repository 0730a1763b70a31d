"""Runs again what was run before and tells whether the two runs are one and the same, and if not, where they part."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path

from reports.evidence import load_run
from reports.records import Json
from scenarios.choices import TAPE, Player, read_tape
from scenarios.database import DatabaseServer
from scenarios.errors import BadInput, BadPlan
from scenarios.progress import Listener
from scenarios.spec import Scenario
from scenarios.units import NS_PER_S
from scenarios.virtual.stage import Stage

_NOWHERE = "none in the records that are left: things happened in another order, or the folder was changed afterwards"


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What determines a run, and what came of it."""

    scenario: Scenario
    seed: int
    swarm: Mapping[str, Json]
    command: str
    digest: str
    timeline: str  # empty in folders of earlier versions
    folder: Path

    @property
    def tape(self) -> Path | None:
        """The record of every decision, if the run kept one."""
        path = self.folder / TAPE
        return path if path.exists() else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Repetition:
    """Two runs of one plan."""

    digests: tuple[str, str]  # of what everybody wrote down
    timelines: tuple[str, str]  # of everything that happened, in its order
    first_difference: str | None = None  # where the records part, if they do

    @property
    def is_equal(self) -> bool:
        """Whether every record is the same, to the last byte, and came about in the same way."""
        return self.digests[0] == self.digests[1] and self.timelines[0] in ("", self.timelines[1])


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
    try:
        scenario = Scenario.parse(manifest.plan)
    except BadPlan as error:
        raise BadInput(f"{folder / 'manifest.json'}: plan: {error}") from None
    return Plan(
        scenario=scenario,
        seed=manifest.seed,
        swarm=manifest.swarm,
        command=manifest.command,
        digest=manifest.digest,
        timeline=manifest.timeline,
        folder=folder,
    )


def repeat(plan: Plan, *, server: DatabaseServer, listener: Listener, out: Path) -> Repetition:
    """Run a plan again, with the decisions of its tape if it has one, write its evidence to `out` and compare the two.

    Raises:
        BadInput: The tape cannot be read.
        OtherChoice: The run does not fit its tape.
    """
    with Stage(server) as stage:
        recording = stage.perform(
            plan.scenario,
            seed=plan.seed,
            command=plan.command,
            listener=listener,
            swarm=plan.swarm,
            tape=None if plan.tape is None else Player(read_tape(plan.tape)),
        )
    digest = recording.write(out)
    if plan.tape is not None:
        shutil.copyfile(plan.tape, out / TAPE)
    repetition = Repetition(digests=(plan.digest, digest), timelines=(plan.timeline, recording.timeline))
    if repetition.is_equal:
        return repetition
    return replace(repetition, first_difference=first_different_record(_files(plan.folder), _files(out)) or _NOWHERE)


def first_difference(scenario: Scenario, seed: int, *, server: DatabaseServer) -> str | None:
    """Run a seed twice and say what happened first in one run and not in the other: when, to whom and what.

    None says that the two were the same. The second run finds what the first one left behind on the stage.
    """
    with Stage(server) as stage:
        one, other = (stage.perform(scenario, seed=seed, keep_timeline=True) for _ in range(2))
    return first_different_event(one.timeline_lines, other.timeline_lines) or first_different_record(
        one.record().files, other.record().files
    )


def first_different_event(one: Sequence[str], other: Sequence[str]) -> str | None:
    """Name the first line in which two timelines differ: when, to whom and what."""
    for line, counterpart in zip_longest(one, other):
        if line != counterpart:
            return f"{_told(line)}, but in the other run {_told(counterpart)}"
    return None


def _told(line: str | None) -> str:
    """Say in words what a line of the timeline says."""
    if line is None:
        return "nothing more happened"
    at_ns, kind, who, what = line.rstrip("\n").split(" ", 3)
    return f"after {int(at_ns) / NS_PER_S:.9f} s {kind} {who} {what}".rstrip()


def first_different_record(one: Mapping[str, bytes], other: Mapping[str, bytes]) -> str | None:
    """Name the first record that differs; the diary comes first, because everything follows from it."""
    for name in sorted({name for name in (*one, *other) if name.endswith(".jsonl") and name != TAPE}):
        lines, others = (files.get(name, b"").splitlines() for files in (one, other))
        for number, (line, counterpart) in enumerate(zip(lines, others, strict=False), start=1):
            if line != counterpart:
                return f"{name} line {number}"
        if len(lines) != len(others):
            return f"{name}: {len(lines)} lines against {len(others)}"
    return None


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.jsonl")}
