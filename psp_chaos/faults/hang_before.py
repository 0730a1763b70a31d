"""The PSP says nothing and has done nothing."""

from random import Random
from typing import ClassVar

from psp_chaos.faults.fault import ArrivalFault
from psp_chaos.faults.verdicts import Hang
from psp_chaos.spans import Seconds


class HangBefore(ArrivalFault):
    """Keep silent, then cut the connection; nothing has happened."""

    kind: ClassVar[str] = "hang-before"
    entitlement: ClassVar[str] = "A repetition with the same key is executed at once, even while this request hangs."

    hang_s: Seconds = 60
    """How long it is silent until the connection is cut."""

    def verdict(self, _random: Random, /) -> Hang:
        """Keep silent."""
        return Hang(hang_s=self.hang_s)
