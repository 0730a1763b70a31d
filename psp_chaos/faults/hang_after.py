"""The PSP does what was asked and says nothing."""

from random import Random
from typing import ClassVar

from psp_chaos.faults.fault import DepartureFault
from psp_chaos.faults.verdicts import Hang
from psp_chaos.spans import Seconds


class HangAfter(DepartureFault):
    """Keep silent instead of answering, then cut the connection."""

    kind: ClassVar[str] = "hang-after"
    entitlement: ClassVar[str] = "A repetition with the same key gets the answer, even while this request hangs."

    hang_s: Seconds = 60
    """How long it is silent until the connection is cut."""

    def verdict(self, _random: Random, /) -> Hang:
        """Keep silent."""
        return Hang(hang_s=self.hang_s)
