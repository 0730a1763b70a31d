"""How a defect is planted where it lives: changes of a scenario, and the order for one run."""

from collections.abc import Mapping

from scenarios.campaign.orders import Order
from scenarios.campaign.results import Task
from scenarios.campaign.standard import standard
from scenarios.defects import Defect, Habitat
from scenarios.library import find_scenario
from scenarios.spec import Scenario


def planted(defect: Defect) -> dict[str, str]:
    """Return the changes that plant a defect in its habitat."""
    return {**defect.habitat.changes, "defect": defect.id}


def scenario_in(habitat: Habitat, changes: Mapping[str, str]) -> Scenario:
    """Return the scenario of a habitat at standard size, changed."""
    return standard(find_scenario(habitat.scenario)).with_changes(changes)


def trial(defect: Defect, *, name: str, seed: int) -> Order:
    """Return the order for one run of a defect in its habitat, to be told apart from other runs by this name."""
    changes = planted(defect)
    plan = scenario_in(defect.habitat, changes).model_dump_json()
    source = defect.habitat.scenario
    return Order(task=Task(name, seed), source=source, plan=plan, has_swarm=False, changes=changes)
