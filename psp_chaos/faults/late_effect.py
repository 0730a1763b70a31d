"""The PSP answers nothing useful, and the money moves much later."""

from random import Random
from typing import ClassVar, Literal

from psp_chaos.faults.fault import ExecutionFault, Occasion
from psp_chaos.faults.verdicts import Postpone
from psp_chaos.spans import Seconds, Span, draw_s


class LateEffect(ExecutionFault):
    """Write the object down as pending, let the money move after the delay, and send the webhook then.

    A payment that is to be captured stays authorized until then.
    """

    kind: ClassVar[str] = "late-effect"
    entitlement: ClassVar[str] = (
        "The object is listed as pending at once and stays so until the money has moved; its webhook follows then. "
        "A remembered answer tells how things stood at first, never how they ended."
    )

    answer: Literal["error", "drop", "hang", "truth"] = "error"
    """What the request gets: a 500, a cut connection, silence, or the pending object itself."""

    delay_s: Span = (60, 3_600)
    """How long it takes until the money moves."""

    hang_s: Seconds = 60
    """With `hang`: how long it is silent until the connection is cut."""

    def concerns(self, occasion: Occasion, /) -> bool:
        """Only what moves money can move it late."""
        return occasion.moves_money

    def verdict(self, random: Random, /) -> Postpone:
        """Postpone the effect."""
        return Postpone(answer=self.answer, delay_s=draw_s(self.delay_s, random), hang_s=self.hang_s)
