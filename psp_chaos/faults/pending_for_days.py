"""The bank takes days, and the PSP says so."""

from random import Random
from typing import ClassVar

from psp_chaos.faults.fault import ExecutionFault, Occasion
from psp_chaos.faults.verdicts import Postpone
from psp_chaos.spans import Span, draw_s

DAY_S = 86_400


class PendingForDays(ExecutionFault):
    """Answer truthfully that the payment or the refund is pending; the money moves after the delay."""

    kind: ClassVar[str] = "pending-for-days"
    entitlement: ClassVar[str] = (
        "Answer, retrieval and list all say that it is pending until the money has moved; its webhook follows then. "
        "Nobody promises when that is."
    )

    delay_s: Span = (DAY_S, 5 * DAY_S)
    """How long it stays pending."""

    def concerns(self, occasion: Occasion, /) -> bool:
        """Only what moves money can keep it waiting."""
        return occasion.moves_money

    def verdict(self, random: Random, /) -> Postpone:
        """Postpone the effect, and tell the truth about it."""
        return Postpone(answer="truth", delay_s=draw_s(self.delay_s, random))
