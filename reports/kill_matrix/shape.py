"""A kill matrix as its page reads it from matrix.json; whoever tries the defects writes it. Times are seconds."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from reports.invariants import sorted_names
from reports.nested import names_in, read_file, rows_in
from reports.records import Json, JsonObject

SUMMARY = "matrix.json"
FOUND, SURVIVED = "found", "survived"


@dataclass(frozen=True, kw_only=True, slots=True)
class Sound:
    """The sound system with the same seeds in the same habitat."""

    seeds_tried: int
    findings: int
    cpu_s: int | float
    commands: list[Json]  # of the runs in which it was accused


@dataclass(frozen=True, kw_only=True, slots=True)
class _Row:
    """A row of matrix.json."""

    defect: str
    what: str
    seen_in: str
    breaks: list[Json]
    state: str
    scenario: str
    seeds_tried: int
    seed: int | None
    broken: JsonObject
    first_breach_s: int | float | None
    cpu_s: int | float
    command: str | None
    sound: JsonObject


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One defect in its habitat, and the sound system there."""

    defect: str
    what: str
    seen_in: str
    breaks: frozenset[str]  # the invariants that it must break
    state: str  # found, survived, awaits a check, or open
    scenario: str
    seeds_tried: int
    seed: int | None  # with which it was found
    broken: frozenset[str]
    first_breach_s: float | None  # of the run's own time
    cpu_s: float  # of a processor, until it was found
    command: str | None
    sound: Sound

    @property
    def is_found(self) -> bool:
        """Whether an invariant broke."""
        return self.state == FOUND

    @property
    def hit(self) -> list[str]:
        """The invariants that broke and had to, in order."""
        return sorted_names(self.broken & self.breaks)

    @property
    def also(self) -> list[str]:
        """The invariants that broke besides."""
        return sorted_names(self.broken - self.breaks)

    @property
    def due(self) -> list[str]:
        """The invariants that the defect is known to break, and that were not needed to find it."""
        return sorted_names(self.breaks - self.broken)

    @property
    def is_found_by_others(self) -> bool:
        """Whether something broke, but nothing that the defect is known to break."""
        return self.is_found and not self.hit


@dataclass(frozen=True, kw_only=True)
class KillMatrix:
    """All trials, and what they came to."""

    trials: tuple[Trial, ...]
    seeds_median: float | None
    runs: int
    runs_cpu_s: float

    def with_state(self, state: str) -> tuple[Trial, ...]:
        """Return those that ended so."""
        return tuple(trial for trial in self.trials if trial.state == state)

    @property
    def accused(self) -> tuple[Trial, ...]:
        """Those in whose habitat the sound system could not be shown to hold."""
        return tuple(trial for trial in self.trials if trial.sound.findings)

    @property
    def seeds_max(self) -> int | None:
        """How many seeds the defect needed that was hardest to find."""
        return max((trial.seeds_tried for trial in self.with_state(FOUND)), default=None)

    @cached_property
    def invariants(self) -> tuple[str, ...]:
        """Every invariant that broke or should have, in order."""
        return tuple(sorted_names(frozenset().union(*(trial.broken | trial.breaks for trial in self.trials))))


def read_matrix(folder: Path) -> KillMatrix:
    """Return what a folder's matrix.json says.

    Raises:
        EvidenceError: There is none, or it cannot be understood.
    """
    path = folder / SUMMARY
    raw, where = read_file(path, _Matrix), f"{path} rows"
    return KillMatrix(
        trials=tuple(_trial(row, where=where) for row in rows_in(raw.rows, _Row, where=where)),
        seeds_median=raw.seeds_median,
        runs=raw.runs,
        runs_cpu_s=raw.runs_cpu_s,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Matrix:
    """matrix.json, one level deep."""

    seeds_median: int | float | None
    runs: int
    runs_cpu_s: int | float
    rows: list[Json]


def _trial(row: _Row, *, where: str) -> Trial:
    (sound,) = rows_in([row.sound], Sound, where=f"{where} sound")
    return Trial(
        defect=row.defect,
        what=row.what,
        seen_in=row.seen_in,
        breaks=frozenset(names_in(row.breaks, where=f"{where} breaks")),
        state=row.state,
        scenario=row.scenario,
        seeds_tried=row.seeds_tried,
        seed=row.seed,
        broken=frozenset(row.broken),
        first_breach_s=row.first_breach_s,
        cpu_s=row.cpu_s,
        command=row.command,
        sound=sound,
    )
