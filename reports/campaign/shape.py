"""The summary of a sweep as its page reads it; whoever sweeps writes it. Times are seconds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from reports.nested import names_in, numbers_in, pair_in, read_file, rows_in
from reports.records import Json, JsonObject

SUMMARY = "summary.json"


@dataclass(frozen=True, kw_only=True, slots=True)
class FailingRun:
    """A run that somebody should look at: an invariant broke, or could not be settled."""

    rank: int
    scenario: str
    seed: int
    validity: str
    first_breach_s: int | float | None  # of the run's own time; None: nothing broke for certain
    broken: JsonObject  # seconds to the first breach, by invariant
    note: str
    command: str
    report: str | None  # where its report was written, if its evidence was kept


@dataclass(frozen=True, kw_only=True, slots=True)
class Trouble:
    """A run that could not be judged, or not be repeated."""

    scenario: str
    seed: int
    command: str
    validity: str = ""
    note: str = ""
    first_difference: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Tally:
    """The runs of one scenario, by what was said of them."""

    scenario: str
    valid: int
    unknown: int
    invalid: int

    @property
    def settled(self) -> int:
        """Runs of which we know whether an invariant broke; the others say nothing."""
        return self.valid + self.invalid


@dataclass(frozen=True, kw_only=True, slots=True)
class Runs:
    """How many there were."""

    wanted: int
    judged: int
    resumed: int
    valid: int
    unknown: int
    invalid: int
    unfinished: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Canary:
    """The run with a planted defect."""

    found: bool
    broken: list[Json]
    command: str


@dataclass(frozen=True, kw_only=True, slots=True)
class _Summary:
    """summary.json, one level deep."""

    exit_code: int
    command: str
    scenarios: list[Json]
    seeds: list[Json]
    is_complete: bool
    runs: JsonObject
    findings: JsonObject
    failing: list[Json]
    unfinished: list[Json]
    repetitions: JsonObject
    differences: list[Json]
    canary: JsonObject | None
    counts: JsonObject
    seeds_per_hour: int
    wall_s: int | float
    swarm: bool | None = None  # this and what follows: since pages are made of it
    changes: JsonObject = field(default_factory=dict)
    jobs: int | None = None
    by_scenario: list[Json] = field(default_factory=list)
    faults: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Campaign:
    """A sweep, or as much of it as there is."""

    exit_code: int
    command: str  # goes on with it
    scenarios: tuple[str, ...]
    seeds: tuple[int, int]
    is_complete: bool
    runs: Runs
    tallies: tuple[Tally, ...]  # empty in summaries of earlier versions
    findings: Mapping[str, int | float]  # in how many runs each invariant broke
    failing: tuple[FailingRun, ...]  # by rank
    unfinished: tuple[Trouble, ...]
    repetitions: Mapping[str, int | float]
    differences: tuple[Trouble, ...]
    canary: Canary | None
    counts: Mapping[str, int | float]
    bites: Mapping[str, int | float]  # of faults, by where and kind
    swarm: bool | None
    changes: Mapping[str, Json]
    jobs: int | None
    seeds_per_hour: int
    wall_s: float

    @cached_property
    def broken(self) -> tuple[FailingRun, ...]:
        """The runs in which an invariant broke."""
        return tuple(run for run in self.failing if run.first_breach_s is not None)

    @property
    def settled(self) -> int:
        """Runs of which we know whether an invariant broke."""
        return self.runs.valid + self.runs.invalid

    @property
    def is_blind(self) -> bool:
        """Whether what was planted was not found."""
        return self.canary is not None and not self.canary.found

    @property
    def escaped(self) -> tuple[Trouble, ...]:
        """The runs that left the simulated world."""
        return tuple(run for run in self.unfinished if run.validity == "escaped")


def read_campaign(folder: Path) -> Campaign:
    """Return what the summary of a sweep's folder says.

    Raises:
        EvidenceError: There is none, or it cannot be understood.
    """
    path = folder / SUMMARY
    where, raw = str(path), read_file(path, _Summary)
    (runs,) = rows_in([raw.runs], Runs, where=f"{where} runs")
    return Campaign(
        exit_code=raw.exit_code,
        command=raw.command,
        scenarios=names_in(raw.scenarios, where=f"{where} scenarios"),
        seeds=pair_in(raw.seeds, where=f"{where} seeds"),
        is_complete=raw.is_complete,
        runs=runs,
        tallies=rows_in(raw.by_scenario, Tally, where=f"{where} by_scenario"),
        findings=numbers_in(raw.findings, where=f"{where} findings"),
        failing=rows_in(raw.failing, FailingRun, where=f"{where} failing"),
        unfinished=rows_in(raw.unfinished, Trouble, where=f"{where} unfinished"),
        repetitions=numbers_in(raw.repetitions, where=f"{where} repetitions"),
        differences=rows_in(raw.differences, Trouble, where=f"{where} differences"),
        canary=None if raw.canary is None else rows_in([raw.canary], Canary, where=f"{where} canary")[0],
        counts=numbers_in(raw.counts, where=f"{where} counts"),
        bites=numbers_in(raw.faults, where=f"{where} faults"),
        swarm=raw.swarm,
        changes=raw.changes,
        jobs=raw.jobs,
        seeds_per_hour=raw.seeds_per_hour,
        wall_s=raw.wall_s,
    )
