"""What a defect is: other parts at the composition root, and the constraints that would have caught it taken away."""

from dataclasses import dataclass

from service.wiring import Parts


@dataclass(frozen=True, kw_only=True, slots=True)
class Defect:
    """One planted bug; the product's code does not know of it."""

    id: str
    what: str  # the bug in one sentence
    breaks: frozenset[str]  # at least one of these invariants must fall
    exposed_by: str  # the scenario that brings it to light
    parts: Parts
    alterations: tuple[str, ...] = ()  # SQL that the buggy service's schema would have forgotten
