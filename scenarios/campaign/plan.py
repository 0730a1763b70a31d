"""What a sweep shall try: which scenarios with which seeds. All runs of a sweep follow from its plan."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

from pydantic import JsonValue

from scenarios.campaign.code import code_fingerprint
from scenarios.campaign.orders import First, Order
from scenarios.campaign.results import Result, Task
from scenarios.campaign.seeds import Seeds
from scenarios.campaign.standard import standard
from scenarios.defects import find_defect
from scenarios.errors import BadInput
from scenarios.library import LIBRARY, find_scenario
from scenarios.scenario_file import is_file_name
from scenarios.spec import Scenario

ALL = "all"
_FORMAT = 1
_HASH_BITS = 64


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Every scenario with every seed."""

    names: tuple[str, ...]  # as they were asked for, so `all` may be among them, and files
    sources: Mapping[str, str]  # the name or the file of each scenario, by its name
    scenarios: tuple[Scenario, ...]
    seeds: Seeds
    changes: Mapping[str, str]  # what was set by hand
    has_swarm: bool
    repeated_share: float  # of the runs, that are performed twice
    code: str

    @classmethod
    def make(
        cls,
        names: Sequence[str],
        *,
        seeds: Seeds,
        changes: Mapping[str, str],
        has_swarm: bool = True,
        repeated_share: float = 0.05,
    ) -> Self:
        """Return the plan for these names; each scenario is tried at standard size unless the changes say otherwise.

        Raises:
            BadInput: A scenario, a setting or a defect does not exist, a file is no scenario, or two have one name.
        """
        if "defect" in changes:
            find_defect(changes["defect"])
        wanted = dict.fromkeys(name for word in names for name in (LIBRARY if word == ALL else (word,)))
        scenarios = [standard(find_scenario(name)).with_changes(changes) for name in wanted]
        sources = dict(zip([scenario.name for scenario in scenarios], wanted, strict=True))
        if len(sources) < len(scenarios):
            raise BadInput(f"two scenarios have one name: {', '.join(wanted)}; give one of the files another")
        return cls(
            names=tuple(names),
            sources=sources,
            scenarios=tuple(scenarios),
            seeds=seeds,
            changes=changes,
            has_swarm=has_swarm,
            repeated_share=repeated_share,
            code=code_fingerprint(),
        )

    @property
    def title(self) -> str:
        """The scenarios' names, in one word that can name a folder."""
        return "+".join(Path(name).stem if is_file_name(name) else name for name in self.names)

    def __len__(self) -> int:
        return len(self.scenarios) * (self.seeds.last - self.seeds.first + 1)

    def tasks(self) -> Iterator[Task]:
        """Yield every run: all scenarios of one seed, then of the next, so that an early end leaves none out."""
        for seed in self.seeds.all():
            for scenario in self.scenarios:
                yield Task(scenario.name, seed)

    def order(self, task: Task) -> Order:
        """Return the order for the first performance of a run."""
        return self._order(task, wants_files=self.is_repeated(task), first=None)

    def repetition(self, result: Result, *, house: str) -> Order:
        """Return the order for the second performance."""
        first = First(house=house, digest=result.digest, timeline=result.timeline)
        return self._order(result.task, wants_files=False, first=first)

    def is_repeated(self, task: Task) -> bool:
        """Tell whether a run is performed twice; whether it is depends on nothing but itself."""
        return _lot(task) < self.repeated_share or task == self._repeated_at_least

    def describe(self) -> dict[str, JsonValue]:
        """Return everything on which the results depend, as plain data."""
        return {
            "format": _FORMAT,
            "seeds": [self.seeds.first, self.seeds.last],
            "swarm": self.has_swarm,
            "changes": dict(self.changes),
            "scenarios": {scenario.name: scenario.model_dump(mode="json") for scenario in self.scenarios},
            "code": self.code,
        }

    def _order(self, task: Task, *, wants_files: bool, first: First | None) -> Order:
        return Order(
            task=task,
            plan=self._plans[task.scenario],
            source=self.sources[task.scenario],
            has_swarm=self.has_swarm,
            changes=self._changes(task),
            wants_files=wants_files,
            first=first,
        )

    def _changes(self, task: Task) -> Mapping[str, str]:  # noqa: ARG002 - here they are the same for all
        """Return what was set by hand for a run."""
        return self.changes

    @cached_property
    def _plans(self) -> dict[str, str]:
        return {scenario.name: scenario.model_dump_json() for scenario in self.scenarios}

    @cached_property
    def _repeated_at_least(self) -> Task | None:
        if not self.repeated_share or any(_lot(task) < self.repeated_share for task in self.tasks()):
            return None
        return min(self.tasks(), key=_lot)


def _lot(task: Task) -> float:
    """Draw a number from 0 to 1 for a run: the same one in every sweep."""
    digest = hashlib.blake2b(f"{task.scenario} {task.seed}".encode(), digest_size=_HASH_BITS // 8).digest()
    return int.from_bytes(digest) / float(2**_HASH_BITS)
