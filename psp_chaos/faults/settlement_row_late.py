"""Money has moved, and the settlement says so days later."""

from random import Random
from typing import ClassVar

from psp_chaos.faults.fault import SettlementFault
from psp_chaos.faults.verdicts import DelayLine
from psp_chaos.spans import Span, draw_s

DAY_S = 86_400


class SettlementRowLate(SettlementFault):
    """Report a movement after the delay, with the time at which it happened."""

    kind: ClassVar[str] = "settlement-row-late"
    entitlement: ClassVar[str] = "The row comes in the end, and its time of creation is that of the movement."

    delay_s: Span = (DAY_S, 3 * DAY_S)
    """How long the row is missing."""

    def verdict(self, random: Random, /) -> DelayLine:
        """Report it late."""
        return DelayLine(delay_s=draw_s(self.delay_s, random))
