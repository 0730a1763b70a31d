"""One change is told by two events."""

from random import Random
from typing import ClassVar

from psp_chaos.faults.fault import DeliveryFault
from psp_chaos.faults.verdicts import Twin
from psp_chaos.spans import Span, draw_s


class DoubledAnew(DeliveryFault):
    """Write down a second event about the same change, with an identifier of its own, and deliver it as well."""

    kind: ClassVar[str] = "doubled-anew"
    entitlement: ClassVar[str] = "Both events show the same object as it was at the same moment; both are listed."

    gap_s: Span = (0, 60)
    """How long after the first the second is sent."""

    def verdict(self, random: Random, /) -> Twin:
        """Tell it twice."""
        return Twin(gap_s=draw_s(self.gap_s, random))
