"""What a sweep says of the chance that one more run would find something.

Seeds are numbers in a row, but every run draws all it needs from its own, so that runs are independent tries.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from reports.campaign.shape import Campaign, FailingRun
from reports.statistics import Interval, seeds_needed, share_interval


@dataclass(frozen=True, kw_only=True)
class Chance:
    """How often the runs of a scenario break an invariant."""

    scenario: str
    found: int  # runs in which an invariant broke
    settled: int  # of so many; what could not be settled says nothing
    unknown: int
    breaches_s: tuple[float, ...]  # when they broke first, in their own time, sorted

    @property
    def share(self) -> float | None:
        """The share of runs that found something."""
        return self.found / self.settled if self.settled else None

    @cached_property
    def interval(self) -> Interval:
        """Where the chance of one more run may lie."""
        return share_interval(self.found, self.settled)

    @property
    def seeds_needed(self) -> int | None:
        """How many seeds find something with 95 % confidence, if the chance is what was seen."""
        return None if self.share is None else seeds_needed(self.share)


def chances(campaign: Campaign) -> tuple[Chance, ...]:
    """Return the chance by scenario, those with most findings first."""
    breaches = _breaches_s(campaign.broken)
    by_scenario = [
        Chance(
            scenario=tally.scenario,
            found=tally.invalid,
            settled=tally.settled,
            unknown=tally.unknown,
            breaches_s=breaches.get(tally.scenario, ()),
        )
        for tally in campaign.tallies
    ]
    return tuple(sorted(by_scenario, key=lambda chance: (-(chance.share or 0), -chance.unknown)))


def together(campaign: Campaign) -> Chance:
    """Return the chance of any run, whichever scenario it is of."""
    return Chance(
        scenario="all together",
        found=campaign.runs.invalid,
        settled=campaign.settled,
        unknown=campaign.runs.unknown,
        breaches_s=_sorted_s(campaign.broken),
    )


def _breaches_s(runs: Iterable[FailingRun]) -> dict[str, tuple[float, ...]]:
    by_scenario: dict[str, list[FailingRun]] = {}
    for run in runs:
        by_scenario.setdefault(run.scenario, []).append(run)
    return {scenario: _sorted_s(some) for scenario, some in by_scenario.items()}


def _sorted_s(runs: Sequence[FailingRun]) -> tuple[float, ...]:
    return tuple(sorted(run.first_breach_s for run in runs if run.first_breach_s is not None))
