"""What shall be hunted: which scenarios, with what set by hand, and the seed from which all candidates follow."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from pydantic import JsonValue

from scenarios.campaign.orders import Order
from scenarios.campaign.plan import Plan
from scenarios.campaign.results import Task
from scenarios.campaign.seeds import Seeds
from scenarios.hunting.candidate import Candidate
from scenarios.spec import Scenario

_FORMAT = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class HuntPlan:
    """The scenarios at standard size, as a sweep has them, and a seed of the hunt's own."""

    of_a_sweep: Plan
    seed: int

    @classmethod
    def make(cls, names: tuple[str, ...], *, seed: int, changes: Mapping[str, str]) -> Self:
        """Return the plan for these names.

        Raises:
            BadInput: A scenario, a setting or a defect does not exist.
        """
        return cls(of_a_sweep=Plan.make(names, seeds=Seeds(seed, seed), changes=changes), seed=seed)

    @property
    def scenarios(self) -> dict[str, Scenario]:
        """What is hunted, by name."""
        return {scenario.name: scenario for scenario in self.of_a_sweep.scenarios}

    @property
    def changes(self) -> Mapping[str, str]:
        """What was set by hand."""
        return self.of_a_sweep.changes

    @property
    def name(self) -> str:
        """What the hunt's folder is called."""
        return f"hunt-{self.of_a_sweep.title}-{self.seed}"

    @property
    def code(self) -> str:
        """The fingerprint of the code."""
        return self.of_a_sweep.code

    def describe(self) -> dict[str, JsonValue]:
        """Return everything on which the results depend, as plain data."""
        described = self.of_a_sweep.describe()
        return {
            "format": _FORMAT,
            "seed": self.seed,
            **{key: described[key] for key in ("changes", "scenarios", "code")},
        }

    def order(self, number: int, candidate: Candidate) -> Order:
        """Return the order for a candidate."""
        return Order(
            task=Task(f"{candidate.scenario}-{number}", candidate.seed),
            plan=candidate.plan(self.scenarios).model_dump_json(),
            source=self.of_a_sweep.sources[candidate.scenario],
            has_swarm=False,
            changes={**candidate.changes, **self.changes},
            wants_reach=True,
        )
