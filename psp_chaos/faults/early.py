"""A webhook arrives before the answer to the request that caused it."""

from random import Random
from typing import ClassVar

from psp_chaos.faults.fault import DeliveryFault, Occasion
from psp_chaos.faults.verdicts import Precede
from psp_chaos.spans import Span, draw_s


class Early(DeliveryFault):
    """Deliver the event once, wait a little, and only then answer."""

    kind: ClassVar[str] = "early"
    entitlement: ClassVar[str] = "The event carries the metadata of the request, by which it can be matched."

    hold_s: Span = (0, 1)
    """How long after the delivery the request is answered."""

    def concerns(self, occasion: Occasion, /) -> bool:
        """Only an event whose request still waits can be early."""
        return occasion.before_answer

    def verdict(self, random: Random, /) -> Precede:
        """Let the event go first."""
        return Precede(hold_s=draw_s(self.hold_s, random))
