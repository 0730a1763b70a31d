"""A refund waits for money to come in."""

from random import Random
from typing import ClassVar, Literal

from psp_chaos.faults.fault import ExecutionFault, Occasion
from psp_chaos.faults.verdicts import Misdirect
from psp_chaos.records import RefundCourse
from psp_chaos.spans import Span, draw_s


class RefundPending(ExecutionFault):
    """Accept the refund as pending with a reason, such as a balance that is too small; it arrives after the delay."""

    kind: ClassVar[str] = "refund-pending"
    entitlement: ClassVar[str] = (
        "The refund says that it is pending, and why, until it has arrived; its webhook follows then. It counts "
        "against the capture from the start."
    )

    delay_s: Span = (60, 3_600)
    """How long the refund stays pending."""

    pending_reason: Literal["insufficient_funds", "processing", "charge_pending"] = "insufficient_funds"
    """What the refund is said to wait for."""

    def concerns(self, occasion: Occasion, /) -> bool:
        """Only refunds."""
        return occasion.is_refund

    def verdict(self, random: Random, /) -> Misdirect:
        """Let it wait."""
        delay_s = draw_s(self.delay_s, random)
        return Misdirect(course=RefundCourse.LATER, delay_s=delay_s, pending_reason=self.pending_reason)
