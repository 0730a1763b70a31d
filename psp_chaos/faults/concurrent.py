"""A webhook arrives several times in the same instant."""

from random import Random
from typing import Annotated, ClassVar

from pydantic import Field

from psp_chaos.faults.fault import DeliveryFault
from psp_chaos.faults.verdicts import Repeat


class Concurrent(DeliveryFault):
    """Send the same event over several connections at once."""

    kind: ClassVar[str] = "concurrent"
    entitlement: ClassVar[str] = "Every copy carries the same event id; one answer of 2xx for each is enough."

    copies: Annotated[int, Field(ge=2, le=100)] = 5
    """How many arrive in all."""

    def verdict(self, _random: Random, /) -> Repeat:
        """Send them together."""
        return Repeat(gaps_s=(0.0,) * (self.copies - 1))
