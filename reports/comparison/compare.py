"""Two runs held against each other: everything that their page shows."""

from collections.abc import Iterator
from dataclasses import dataclass

from reports.comparison import changes
from reports.comparison.changes import Bites, Difference, Invariant, Risk, Turn
from reports.comparison.optimism import Findings, optimism
from reports.comparison.outcomes import Distribution, distributions
from reports.comparison.sameness import Sameness, sameness
from reports.comparison.side import Side
from reports.comparison.timings import Timing, timings
from reports.verdict import Validity
from reports.words import plural


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What is the same, what is different, and what may be chance."""

    sides: tuple[Side, Side]
    sameness: Sameness
    invariants: tuple[Invariant, ...]
    distributions: tuple[Distribution, ...]
    timings: tuple[Timing, ...]
    risks: tuple[Risk, ...]
    faults: tuple[Bites, ...]
    settings: tuple[Difference, ...]
    optimism: tuple[str, ...]  # where the simulation was; empty as well if both took place in the same time
    one_is_live: bool  # and the other is not

    def turned(self, turn: Turn) -> tuple[Invariant, ...]:
        """Return the invariants that turned so."""
        return tuple(one for one in self.invariants if one.turn is turn)

    @property
    def validity(self) -> Validity:
        """What can be said of the second run."""
        return self.sides[1].verdict.validity

    @property
    def headline(self) -> str:
        """What matters most."""
        broken, fixed = self.turned(Turn.BROKEN), self.turned(Turn.FIXED)
        if self.sameness.records:
            return "One and the same run."
        if broken:
            return f"{_names(broken)} newly broken."
        if fixed:
            return f"{_names(fixed)} fixed."
        return "The same verdict." if self.sides[0].verdict.validity is self.validity else "Another verdict."

    @property
    def lead(self) -> str:
        """How far the two agree."""
        return " ".join(self._sentences())

    def _sentences(self) -> Iterator[str]:
        one, other = (side.verdict.validity for side in self.sides)
        yield f"Both runs are {one}." if one is other else f"The first run is {one}, the second {other}."
        if self.sameness.records:
            yield "Their records are the same to the last byte."
            return
        apart = [distribution.unit for distribution in self.distributions if distribution.is_apart]
        yield (
            f"How {' and '.join(apart)} ended differs by more than chance."
            if apart
            else ("How payments, purchases and requests ended differs by no more than chance does.")
        )
        if self.one_is_live:
            count = len(self.optimism)
            yield (
                f"The simulation was optimistic in {count:,} {'way' if count == 1 else 'ways'}, told below."
                if count
                else ("Nowhere was the simulation optimistic, as far as these two runs tell.")
            )
        if others := [difference for difference in self.settings if difference.name != "time"]:
            yield f"They differ in {len(others):,} {plural(len(others), 'setting')}, listed at the end."
        if self.sameness.should_be:
            yield "They have one scenario, seed and plan, and should have been the same."


def compare(one: Side, other: Side) -> Comparison:
    """Hold two judged runs against each other."""
    findings = Findings(
        timings=timings(one, other),
        distributions=distributions(one, other),
        invariants=changes.invariants(one, other),
        faults=changes.faults(one, other),
        risks=changes.risks(one, other),
    )
    differing = changes.settings(one, other)
    one_is_live = one.is_live != other.is_live
    return Comparison(
        sides=(one, other),
        sameness=sameness(one, other, settings_differ=bool(differing)),
        invariants=findings.invariants,
        distributions=findings.distributions,
        timings=findings.timings,
        risks=findings.risks,
        faults=findings.faults,
        settings=differing,
        optimism=optimism(findings, live=int(other.is_live)) if one_is_live else (),
        one_is_live=one_is_live,
    )


def _names(invariants: tuple[Invariant, ...]) -> str:
    names = [one.id for one in invariants]
    return f"{', '.join(names[:-1])} and {names[-1]} are" if names[1:] else f"{names[0]} is"
