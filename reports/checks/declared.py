"""What the service has put on record itself: money that it has told a person about is known, not hidden.

A record speaks of one payment or one refund of the PSP, and of the kind of thing that is wrong with it. It excuses
that very money and nothing else: not the payment it belongs to, and not other money of the same payment.
"""

from dataclasses import dataclass

from reports.evidence import Evidence

# Kinds of discrepancy that say: this money moved at the PSP, and our books have no place for it.
_ABOUT_MONEY = frozenset(
    {
        "double-capture",
        "double-refund",
        "late-capture",
        "late-refund",
        "orphan-event",
        "orphan-money",
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Declared:
    """The PSP's payments and refunds whose money is on record as odd."""

    objects: frozenset[str]

    @classmethod
    def of(cls, evidence: Evidence) -> "Declared":
        """Return what the service's discrepancies put on record; nothing where it keeps none."""
        records = (one for one in evidence.service.discrepancies or () if one.kind in _ABOUT_MONEY)
        return cls(objects=frozenset(name for one in records for name in (one.object, one.about) if name is not None))

    def knows(self, psp_object: str) -> bool:
        """Tell whether this payment or refund of the PSP is on record."""
        return psp_object in self.objects
