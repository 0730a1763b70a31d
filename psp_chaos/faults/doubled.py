"""A webhook arrives more than once."""

from random import Random
from typing import Annotated, ClassVar

from pydantic import Field

from psp_chaos.faults.fault import DeliveryFault
from psp_chaos.faults.verdicts import Repeat
from psp_chaos.spans import Span, draw_s


class Doubled(DeliveryFault):
    """Send the same event several times, each copy after a gap of its own; a gap of 0 sends them together."""

    kind: ClassVar[str] = "doubled"
    entitlement: ClassVar[str] = "Every copy carries the same event id."

    copies: Annotated[int, Field(ge=2, le=100)] = 2
    """How many arrive in all."""

    gap_s: Span = (0, 1)
    """How long after the first each copy follows."""

    def verdict(self, random: Random, /) -> Repeat:
        """Send it again."""
        return Repeat(gaps_s=tuple(draw_s(self.gap_s, random) for _ in range(self.copies - 1)))
