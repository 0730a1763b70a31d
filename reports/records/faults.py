"""What really went wrong, by whoever did it."""

import msgspec
from msgspec import Struct

from reports.records.values import JsonObject


class FaultBite(Struct, frozen=True, gc=False):
    """faults.jsonl: a fault that really bit; one that was planned but found no victim is not here."""

    at_us: int
    fault: str  # the fault's id in the plan
    where: str
    kind: str
    target: str | None = None
    object: str | None = None
    detail: JsonObject = msgspec.field(default_factory=dict)
    unsurvivable: str | None = None  # what of it nobody can survive, as is declared beside the fault
