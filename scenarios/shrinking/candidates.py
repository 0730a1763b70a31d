"""Candidates: a scenario with other values, and the smallest of several that still will do."""

from collections.abc import Callable, Sequence
from typing import Protocol

from pydantic import JsonValue

from scenarios.errors import BadInput
from scenarios.shrinking.oracle import Trial
from scenarios.shrinking.subset import needed
from scenarios.spec import Scenario


class Ask(Protocol):
    """The oracle, as those know it who propose candidates."""

    def __call__(self, scenario: Scenario, seed: int, *, actions_max: int | None = None) -> Trial | None:
        """Return the trial if it still breaks what it should, and customers do no more than that."""
        ...


type Reduction = Callable[[Trial, Ask], Trial]


def changed(scenario: Scenario, **values: JsonValue) -> Scenario | None:
    """Return the scenario with these fields, or None where they do not fit together."""
    plan: dict[str, JsonValue] = scenario.model_dump(mode="json")
    try:
        return Scenario.parse({**plan, **values})
    except BadInput:
        return None


def smallest[T](
    trial: Trial,
    items: Sequence[T],
    with_these: Callable[[Sequence[T]], Scenario | None],
    ask: Ask,
    *,
    actions_max: int | None = None,
) -> Trial:
    """Return the trial with the part of the items that is needed."""
    found = trial

    def is_enough(part: Sequence[T]) -> bool:
        nonlocal found
        candidate = with_these(part)
        one = None if candidate is None else ask(candidate, trial.seed, actions_max=actions_max)
        found = one or found
        return one is not None

    needed(items, is_enough)
    return found
