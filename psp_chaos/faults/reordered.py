"""A webhook is overtaken by its successors."""

from random import Random
from typing import ClassVar

from psp_chaos.faults.fault import DeliveryFault
from psp_chaos.faults.verdicts import Overtake
from psp_chaos.spans import Span, draw_s


class Reordered(DeliveryFault):
    """Hold the event back until a later event of the same payment was delivered, or for the delay at most."""

    kind: ClassVar[str] = "reordered"
    entitlement: ClassVar[str] = "The object's current state can be retrieved; events promise no order."

    delay_s: Span = (1, 60)
    """How long it is held back at most."""

    def verdict(self, random: Random, /) -> Overtake:
        """Hold it back."""
        return Overtake(delay_s=draw_s(self.delay_s, random))
