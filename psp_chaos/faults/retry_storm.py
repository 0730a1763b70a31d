"""An outage of the deliveries ends, and everything arrives at once."""

from random import Random
from typing import Annotated, ClassVar

from pydantic import Field

from psp_chaos.faults.fault import DeliveryFault
from psp_chaos.faults.verdicts import PileUp
from psp_chaos.spans import Span, draw_s


class RetryStorm(DeliveryFault):
    """Keep events back for as long as an outage lasts, then send all of them in one instant, some several times.

    The first event that is kept back begins an outage; what is hit before it ends waits for the same instant.
    """

    kind: ClassVar[str] = "retry-storm"
    entitlement: ClassVar[str] = "Copies carry the same event id; what is not answered with 2xx in time comes again."

    outage_s: Span = (300, 3_600)
    """How long an outage lasts."""

    copies_max: Annotated[int, Field(ge=1, le=20)] = 3
    """How often an event arrives at most."""

    def verdict(self, random: Random, /) -> PileUp:
        """Keep it back."""
        return PileUp(outage_s=draw_s(self.outage_s, random), copies=random.randint(1, self.copies_max))
