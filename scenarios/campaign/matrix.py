"""The kill matrix: which defect was found by which invariant, after how many seeds, and whether anybody was accused.

A defect is found when an invariant broke in a run with it; it survived when none did in any of the seeds. It awaits the
judge while none of the invariants that it must break has a check, and is open when nobody has tried long enough.
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from statistics import median

import orjson
from pydantic import JsonValue

from reports.checks import CHECKS
from reports.invariants import sorted_names
from scenarios.campaign.results import Result
from scenarios.campaign.seeds import Seeds
from scenarios.campaign.summary import seconds
from scenarios.defects import Defect

_FORMAT = 1
_CHECKED = frozenset(check.id for check in CHECKS)
_COLUMNS = (
    "defect",
    "state",
    "scenario",
    "breaks",
    "seeds_tried",
    "seed",
    "broken",
    "first_breach_s",
    "cpu_s",
    "sound_seeds_tried",
    "sound_findings",
    "command",
)


class Fate(StrEnum):
    """What became of a defect."""

    FOUND = "found"
    SURVIVED = "survived"
    AWAITS = "awaits"
    OPEN = "open"


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One defect, as far as it was tried."""

    defect: Defect
    seeds: Seeds  # that were wanted
    planted: Sequence[Result]  # runs with the defect, by seed, up to the first finding
    sound: Sequence[Result]  # runs without it in the same habitat

    @property
    def fate(self) -> Fate:
        """What became of it."""
        if self.found is not None:
            return Fate.FOUND
        if awaits(self.defect):
            return Fate.AWAITS
        return Fate.SURVIVED if len(self.planted) == len(self.seeds.all()) else Fate.OPEN

    @property
    def found(self) -> Result | None:
        """The first run in which an invariant broke."""
        return next((result for result in self.planted if result.broken), None)

    @property
    def cpu_s(self) -> float:
        """What it cost until then: seconds of the processor for all its runs."""
        return sum(result.cpu_s for result in self.planted)

    @property
    def accused(self) -> Sequence[Result]:
        """Runs of the sound system that could not be shown to hold."""
        return [result for result in self.sound if result.is_failing]

    def to_plain(self) -> dict[str, JsonValue]:
        """Return it as the files have it."""
        found = self.found
        return {
            "defect": self.defect.id,
            "what": self.defect.what,
            "seen_in": self.defect.seen_in,
            "breaks": [*sorted_names(self.defect.breaks)],
            "state": self.fate.value,
            "scenario": self.defect.habitat.scenario,
            "changes": dict(self.defect.habitat.changes),
            "seeds_tried": len(self.planted),
            "seed": None if found is None else found.seed,
            "broken": {} if found is None else {name: seconds(at_us) for name, at_us in found.broken.items()},
            "first_breach_s": None if found is None else seconds(found.first_breach_us),
            "cpu_s": round(self.cpu_s, 3),
            "command": None if found is None else found.command,
            "sound": {
                "seeds_tried": len(self.sound),
                "findings": len(self.accused),
                "cpu_s": round(sum(result.cpu_s for result in self.sound), 3),
                "commands": [result.command for result in self.accused],
            },
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Matrix:
    """All rows, and what they came to."""

    rows: tuple[Row, ...]
    cpu_s: float  # of all processes of this session, database servers included

    def with_fate(self, fate: Fate) -> list[Row]:
        """Return the rows of the defects that ended so."""
        return [row for row in self.rows if row.fate is fate]

    @property
    def accused(self) -> list[Result]:
        """Runs of the sound system that could not be shown to hold."""
        return [result for row in self.rows for result in row.accused]

    @property
    def runs(self) -> int:
        """How many runs there were."""
        return sum(len(row.planted) + len(row.sound) for row in self.rows)

    @property
    def runs_cpu_s(self) -> float:
        """How long processors worked on all runs, in whatever session; the database servers' work is not in it."""
        return sum(result.cpu_s for row in self.rows for result in (*row.planted, *row.sound))

    @property
    def seeds_median(self) -> float | None:
        """How many seeds it took to find a defect; half of them took fewer."""
        taken = [len(row.planted) for row in self.with_fate(Fate.FOUND)]
        return median(taken) if taken else None

    def write(self, folder: Path) -> None:
        """Write matrix.json and matrix.csv."""
        plain: dict[str, JsonValue] = {
            "format": _FORMAT,
            "found": len(self.with_fate(Fate.FOUND)),
            "survived": [row.defect.id for row in self.with_fate(Fate.SURVIVED)],
            "awaits": [row.defect.id for row in self.with_fate(Fate.AWAITS)],
            "open": [row.defect.id for row in self.with_fate(Fate.OPEN)],
            "sound_findings": len(self.accused),
            "seeds_median": self.seeds_median,
            "runs": self.runs,
            "runs_cpu_s": round(self.runs_cpu_s, 3),
            "cpu_s": round(self.cpu_s, 3),
            "rows": [row.to_plain() for row in self.rows],
        }
        (folder / "matrix.json").write_bytes(
            orjson.dumps(plain, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
        )
        (folder / "matrix.csv").write_text(self._csv(), encoding="utf-8")

    def _csv(self) -> str:
        text = io.StringIO()
        table = csv.writer(text, lineterminator="\n")
        table.writerow(_COLUMNS)
        for row in self.rows:
            plain = row.to_plain()
            flat = plain | {
                "breaks": " ".join(sorted_names(row.defect.breaks)),
                "broken": " ".join(sorted_names(row.found.broken if row.found else ())),
                "sound_seeds_tried": len(row.sound),
                "sound_findings": len(row.accused),
            }
            table.writerow(flat[column] for column in _COLUMNS)
        return text.getvalue()


def awaits(defect: Defect) -> bool:
    """Tell whether none of the invariants that a defect must break has a check."""
    return not defect.breaks & _CHECKED


def rows(
    defects: Iterable[Defect], *, seeds: Seeds, planted: Iterable[Result], sound: Iterable[Result] = ()
) -> tuple[Row, ...]:
    """Return what became of each of these defects."""
    by_defect, sound_by_defect = _grouped(planted), _grouped(sound)
    return tuple(
        Row(
            defect=defect,
            seeds=seeds,
            planted=_until_found(by_defect.get(defect.id, ())),
            sound=sound_by_defect.get(defect.id, ()),
        )
        for defect in defects
    )


def _grouped(results: Iterable[Result]) -> Mapping[str, list[Result]]:
    groups: dict[str, list[Result]] = {}
    for result in sorted(results, key=lambda one: one.seed):
        if result.is_judged:
            groups.setdefault(result.scenario, []).append(result)
    return groups


def _until_found(results: Sequence[Result]) -> list[Result]:
    """Leave out what was found by others at the same time with later seeds."""
    tried: list[Result] = []
    for result in results:
        tried.append(result)
        if result.broken:
            break
    return tried
