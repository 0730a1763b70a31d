"""A candidate: a run that might find something, told apart from all others by its number."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from scenarios.spec import Scenario


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A scenario of the hunt, changed, with a seed."""

    scenario: str  # its name
    seed: int
    changes: Mapping[str, str]  # by dotted key, as `--set` takes them; beside what was set by hand
    how: str  # how it came about
    parent: int | None = None  # the number of the run of which it is a variant

    def plan(self, scenarios: Mapping[str, Scenario]) -> Scenario:
        """Return what shall be performed.

        Raises:
            BadInput: The changes do not fit together.
        """
        return scenarios[self.scenario].with_changes(self.changes)


def as_text(value: object) -> str:
    """Return a value as `--set` takes it."""
    return json.dumps(value, separators=(",", ":"))
