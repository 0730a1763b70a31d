"""The PSP does what was asked at once and takes its time to say so."""

from random import Random
from typing import ClassVar

from psp_chaos.faults.fault import DepartureFault
from psp_chaos.faults.verdicts import Linger
from psp_chaos.spans import Span, draw_s


class SlowAnswer(DepartureFault):
    """Keep the answer back after the effect; its webhook does not wait for it."""

    kind: ClassVar[str] = "slow-answer"
    entitlement: ClassVar[str] = (
        "A repetition with the same key gets the answer, even while this request waits for it; the event and the "
        "object tell the truth meanwhile."
    )

    delay_s: Span = (1, 10)
    """How long the answer is kept back."""

    def verdict(self, random: Random, /) -> Linger:
        """Keep it back."""
        return Linger(delay_s=draw_s(self.delay_s, random))
