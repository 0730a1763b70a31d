"""What the kill matrix shall try: every defect in its habitat until it is found, and the sound system there."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from pydantic import JsonValue

from scenarios.campaign.code import code_fingerprint
from scenarios.campaign.plan import Plan
from scenarios.campaign.planting import planted, scenario_in
from scenarios.campaign.results import Task
from scenarios.campaign.seeds import Seeds
from scenarios.defects import Defect
from scenarios.spec import Scenario


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """One habitat with or without its defect."""

    name: str  # the defect's, by which results are told apart
    scenario: Scenario
    changes: Mapping[str, str]
    seeds: Seeds  # which are wanted


@dataclass(frozen=True, kw_only=True)
class MatrixPlan(Plan):
    """A plan whose scenarios go by the name of the defect that lives there."""

    cells: tuple[Cell, ...]

    @classmethod
    def of_defects(cls, defects: Iterable[Defect], *, seeds: Seeds) -> Self:
        """Return the plan that looks for each of these defects with these seeds."""
        cells = (_cell(defect, planted(defect), seeds=seeds) for defect in defects)
        return cls._of(tuple(cells), name="defects", seeds=seeds)

    @classmethod
    def of_the_sound(cls, last_seeds: Mapping[str, int], defects: Iterable[Defect], *, seeds: Seeds) -> Self:
        """Return the plan that tries the sound system in these defects' habitats, with as many seeds as each needed."""
        cells = (
            _cell(defect, defect.habitat.changes, seeds=Seeds(seeds.first, last_seeds[defect.id]))
            for defect in defects
            if defect.id in last_seeds
        )
        return cls._of(tuple(cells), name="sound", seeds=seeds)

    @classmethod
    def _of(cls, cells: tuple[Cell, ...], *, name: str, seeds: Seeds) -> Self:
        return cls(
            names=(name,),
            sources={cell.name: cell.scenario.name for cell in cells},
            scenarios=tuple(cell.scenario for cell in cells),
            seeds=seeds,
            changes={},
            has_swarm=False,
            repeated_share=0,
            code=code_fingerprint(),
            cells=cells,
        )

    def __len__(self) -> int:
        return sum(len(cell.seeds.all()) for cell in self.cells)

    def tasks(self) -> Iterator[Task]:
        """Yield every run, one habitat after the other."""
        return (Task(cell.name, seed) for cell in self.cells for seed in cell.seeds.all())

    def describe(self) -> dict[str, JsonValue]:
        """Return everything on which the results depend; how many of the seeds are wanted changes none of them."""
        habitats: dict[str, JsonValue] = {cell.name: cell.scenario.model_dump(mode="json") for cell in self.cells}
        return {"seeds": [self.seeds.first, self.seeds.last], "habitats": habitats, "code": self.code}

    def _changes(self, task: Task) -> Mapping[str, str]:
        return self._by_name[task.scenario].changes

    @cached_property
    def _plans(self) -> dict[str, str]:
        return {cell.name: cell.scenario.model_dump_json() for cell in self.cells}

    @cached_property
    def _by_name(self) -> dict[str, Cell]:
        return {cell.name: cell for cell in self.cells}


def _cell(defect: Defect, changes: Mapping[str, str], *, seeds: Seeds) -> Cell:
    scenario = scenario_in(defect.habitat, changes)
    return Cell(name=defect.id, scenario=scenario, changes=changes, seeds=seeds)
