"""The PSP answers nothing useful and gives the payment up much later."""

from random import Random
from typing import ClassVar, Literal

from psp_chaos.faults.fault import ExecutionFault, Occasion
from psp_chaos.faults.verdicts import Postpone
from psp_chaos.spans import Seconds, Span, draw_s


class RolledBack(ExecutionFault):
    """Write the payment down as pending, and cancel it after the delay; its money never moves."""

    kind: ClassVar[str] = "rolled-back"
    entitlement: ClassVar[str] = (
        "The payment is listed as pending at once and stays so until it is canceled; its webhook follows then. "
        "A canceled payment never captures money."
    )

    answer: Literal["error", "drop", "hang", "truth"] = "error"
    """What the request gets: a 500, a cut connection, silence, or the pending payment itself."""

    delay_s: Span = (60, 3_600)
    """How long the payment stays pending."""

    hang_s: Seconds = 60
    """With `hang`: how long it is silent until the connection is cut."""

    def concerns(self, occasion: Occasion, /) -> bool:
        """Only a charge can be rolled back; for refunds there is `refund-fails`."""
        return occasion.is_charge

    def verdict(self, random: Random, /) -> Postpone:
        """Postpone the end."""
        delay_s = draw_s(self.delay_s, random)
        return Postpone(answer=self.answer, delay_s=delay_s, hang_s=self.hang_s, is_rolled_back=True)
