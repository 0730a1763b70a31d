"""The PSP takes its time."""

from random import Random
from typing import ClassVar

from psp_chaos.faults.fault import ProcessingFault
from psp_chaos.faults.verdicts import Stretch
from psp_chaos.spans import Span, draw_s


class Slow(ProcessingFault):
    """Work longer before the effect; meanwhile a repetition with the same key is told that it is in use."""

    kind: ClassVar[str] = "slow"
    entitlement: ClassVar[str] = "The effect and its answer come in the end, also for a client that hung up."

    delay_s: Span = (1, 10)
    """How much longer it works."""

    def verdict(self, random: Random, /) -> Stretch:
        """Take longer."""
        return Stretch(delay_s=draw_s(self.delay_s, random))
