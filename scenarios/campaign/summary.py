"""What a sweep came to, as plain data for build servers; `docs/sweep.md` explains the fields."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import JsonValue

from reports.fail_on import EVERYTHING, NOTHING, FailOn, Shortfall
from scenarios.campaign.folder import SweepFolder
from scenarios.campaign.ledger import Ledger
from scenarios.campaign.plan import Plan
from scenarios.campaign.results import Repetition, Result

_FORMAT = 1
_US_PER_S = 1_000_000
_S_PER_HOUR = 3_600
_VALIDITIES = ("valid", "unknown", "invalid")


@dataclass(frozen=True, kw_only=True, slots=True)
class Summary:
    """One sweep, or as much of it as there is."""

    plan: Plan
    ledger: Ledger
    folder: SweepFolder
    command: str  # goes on where this one ended
    is_complete: bool
    canary: Result | None  # what became of the run with the planted defect, if there was one
    resumed: int  # runs that an earlier session had judged
    wall_s: float  # of this session
    jobs: int  # runs at once in this session
    fail_on: FailOn = EVERYTHING

    @property
    def seeds_per_hour(self) -> int:
        """How many runs this session judged in an hour of wall time, repetitions and all."""
        return round((self.ledger.done - self.resumed) / self.wall_s * _S_PER_HOUR) if self.wall_s else 0

    @property
    def is_blind(self) -> bool:
        """Whether the judge has missed the defect that was planted for it."""
        return self.canary is not None and not self.canary.broken

    @property
    def counted(self) -> Counter[Shortfall]:
        """What is wrong and counts, with the number of runs."""
        return self._shortfalls(counting=True)

    @property
    def not_counted(self) -> Counter[Shortfall]:
        """What is wrong and was not to count."""
        return self._shortfalls(counting=False)

    @property
    def passes(self) -> bool:
        """Whether nothing was found that counts; a judge who saw nothing has found nothing."""
        return self.fail_on == NOTHING or not (self.counted or self.is_blind)

    def report_of(self, result: Result) -> Path | None:
        """Return the report of a failing run, if its evidence was kept."""
        report = self.folder.failing(result.task) / "report.html"
        return report if report.exists() else None

    def to_plain(self, *, exit_code: int) -> dict[str, JsonValue]:
        """Return the content of summary.json."""
        ledger = self.ledger
        return {
            "format": _FORMAT,
            "exit_code": exit_code,
            "command": self.command,
            "folder": str(self.folder.path),
            "scenarios": [scenario.name for scenario in self.plan.scenarios],
            "seeds": [self.plan.seeds.first, self.plan.seeds.last],
            "swarm": self.plan.has_swarm,
            "changes": dict(self.plan.changes),
            "jobs": self.jobs,
            "is_complete": self.is_complete,
            "runs": {
                "wanted": len(self.plan),
                "judged": ledger.done,
                "resumed": self.resumed,
                **{validity: ledger.validities[validity] for validity in _VALIDITIES},
                "unfinished": len(ledger.unfinished),
            },
            "by_scenario": [self._tally(scenario.name) for scenario in self.plan.scenarios],
            "findings": dict(sorted(ledger.broken.items())),
            "fail_on": str(self.fail_on),
            "not_counted": {str(shortfall): runs for shortfall, runs in self.not_counted.items()},
            "failing": [self._failing(rank, result) for rank, result in enumerate(ledger.ranked(), start=1)],
            "unfinished": [_unfinished(result) for result in ledger.unfinished.values()],
            "repetitions": {
                "wanted": ledger.to_be_repeated,
                "done": ledger.repeated,
                "different": len(ledger.differences),
            },
            "differences": [self._difference(repetition) for repetition in ledger.differences],
            "canary": self._canary(),
            "counts": dict(ledger.counts),
            "faults": dict(sorted(ledger.bites.items())),
            "seeds_per_hour": self.seeds_per_hour,
            "wall_s": round(self.wall_s, 3),
        }

    def _tally(self, scenario: str) -> JsonValue:
        counts: dict[str, JsonValue] = {word: self.ledger.by_scenario[scenario, word] for word in _VALIDITIES}
        return {"scenario": scenario, **counts}

    def _shortfalls(self, *, counting: bool) -> Counter[Shortfall]:
        alike = (replace(one, what="") for result in self.ledger.failing for one in result.shortfalls)
        return Counter(one for one in alike if self.fail_on.counts(one) is counting)

    def _failing(self, rank: int, result: Result) -> JsonValue:
        report = self.report_of(result)
        return {
            "rank": rank,
            "scenario": result.scenario,
            "seed": result.seed,
            "validity": result.validity,
            "first_breach_s": seconds(result.first_breach_us),
            "broken": dict(_in_seconds(result)),
            "note": result.note,
            "command": result.command,
            "folder": None if report is None else str(report.parent),
            "report": None if report is None else str(report),
        }

    def _canary(self) -> JsonValue:
        if self.canary is None:
            return None
        return {"found": not self.is_blind, "broken": [*self.canary.broken], "command": self.canary.command}

    def _difference(self, repetition: Repetition) -> JsonValue:
        folder = self.folder.difference(repetition.task)
        return {
            "scenario": repetition.scenario,
            "seed": repetition.seed,
            "first_difference": repetition.first_difference,
            "digests": list(repetition.digests),
            "timelines": list(repetition.timelines),
            "command": repetition.command,
            "folder": str(folder) if folder.exists() else None,
        }


def seconds(duration_us: int | None) -> float | None:
    """Return microseconds as seconds."""
    return None if duration_us is None else duration_us / _US_PER_S


def _in_seconds(result: Result) -> Iterator[tuple[str, JsonValue]]:
    yield from ((invariant, seconds(first_us)) for invariant, first_us in sorted(result.broken.items()))


def _unfinished(result: Result) -> JsonValue:
    return {
        "scenario": result.scenario,
        "seed": result.seed,
        "validity": result.validity,
        "note": result.note,
        "command": result.command,
    }
