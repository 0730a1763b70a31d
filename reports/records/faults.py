"""What really went wrong, by whoever did it."""

from typing import Annotated

from msgspec import Struct

from reports.records.values import SINGLE, Json, JsonText, parsed, within


class FaultBite(Struct, frozen=True, gc=False):
    """faults.jsonl: a fault that really bit; one that was planned but found no victim is not here."""

    at_us: int
    fault: str  # the fault's id in the plan
    where: str
    kind: str
    target: str | None = None
    object: str | None = None
    detail: Annotated[JsonText, SINGLE] = None
    unsurvivable: str | None = None  # what of it nobody can survive, as is declared beside the fault

    def told(self, key: str, default: Json = None) -> Json:
        """Return what its detail says under this key."""
        return within(parsed(self.detail), key, default)
