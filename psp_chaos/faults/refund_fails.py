"""A refund is accepted and fails afterwards."""

from random import Random
from typing import ClassVar

from psp_chaos.faults.fault import ExecutionFault, Occasion
from psp_chaos.faults.verdicts import Misdirect
from psp_chaos.records import RefundCourse
from psp_chaos.spans import Span, draw_s


class RefundFails(ExecutionFault):
    """Accept the refund as pending and let it fail after the delay; its money is the merchant's again."""

    kind: ClassVar[str] = "refund-fails"
    entitlement: ClassVar[str] = (
        "The refund says that it is pending until it fails, and that it has failed from then on; its webhook follows, "
        "and what it would have sent back can be refunded anew."
    )

    delay_s: Span = (60, 3_600)
    """How long the refund stays pending."""

    def concerns(self, occasion: Occasion, /) -> bool:
        """Only refunds."""
        return occasion.is_refund

    def verdict(self, random: Random, /) -> Misdirect:
        """Let it fail."""
        return Misdirect(course=RefundCourse.PENDING_FAILS, delay_s=draw_s(self.delay_s, random))
