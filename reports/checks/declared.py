"""What the service has found wrong itself: a disagreement it has told a person about is known, not hidden."""

from collections.abc import Iterator
from dataclasses import dataclass

from reports.evidence import Evidence
from reports.records import Json


@dataclass(frozen=True, kw_only=True, slots=True)
class Declared:
    """Whatever a discrepancy names: payments, ours and the PSP's, attempts, events."""

    names: frozenset[str]

    @classmethod
    def of(cls, evidence: Evidence) -> "Declared":
        """Return what the service's discrepancies name; nothing where it keeps none."""
        names: set[str] = set()
        for discrepancy in evidence.service.discrepancies or ():
            names.update(name for name in (discrepancy.payment_id, discrepancy.subject) if name is not None)
            names.update(_texts(discrepancy.evidence))
        return cls(names=frozenset(names))

    def knows(self, *names: str | None) -> bool:
        """Tell whether any of these is named."""
        return any(name in self.names for name in names)


def _texts(value: Json) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            for item in value:
                yield from _texts(item)
        case dict():
            for item in value.values():
                yield from _texts(item)
        case _:
            return
