"""A refund is accepted and fails afterwards."""

from random import Random
from typing import ClassVar, Literal

from psp_chaos.faults.fault import ExecutionFault, Occasion
from psp_chaos.faults.verdicts import Misdirect
from psp_chaos.records import RefundCourse
from psp_chaos.spans import Span, draw_s


class RefundFails(ExecutionFault):
    """Accept the refund as pending and let it fail after the delay; its money is the merchant's again.

    With `after` success it arrives first, after the delay, and is sent back by the bank some time later.
    """

    kind: ClassVar[str] = "refund-fails"
    entitlement: ClassVar[str] = (
        "The refund says how it stands whenever it is asked for: pending, there, failed; its webhooks follow, "
        "and what it would have sent back can be refunded anew."
    )

    delay_s: Span = (60, 3_600)
    """How long the refund stays pending."""

    after: Literal["pending", "success"] = "pending"
    """What comes before the failure; a refund that has succeeded can fail days later."""

    def concerns(self, occasion: Occasion, /) -> bool:
        """Only refunds."""
        return occasion.is_refund

    def verdict(self, random: Random, /) -> Misdirect:
        """Let it fail."""
        course = RefundCourse.FAILS_LATER if self.after == "success" else RefundCourse.PENDING_FAILS
        return Misdirect(course=course, delay_s=draw_s(self.delay_s, random))
