"""A webhook never arrives."""

from random import Random
from typing import ClassVar

from psp_chaos.faults.fault import DeliveryFault
from psp_chaos.faults.verdicts import Lose


class Lost(DeliveryFault):
    """Send nothing at all for this event, retries included."""

    kind: ClassVar[str] = "lost"
    entitlement: ClassVar[str] = "The object tells the truth when it is retrieved, and the event is listed."

    def verdict(self, _random: Random, /) -> Lose:
        """Lose the event."""
        return Lose()
