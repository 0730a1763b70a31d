"""The connection breaks after the PSP has done what was asked."""

from random import Random
from typing import ClassVar

from psp_chaos.faults.fault import DepartureFault
from psp_chaos.faults.verdicts import Drop


class DropAfter(DepartureFault):
    """Cut the connection instead of answering."""

    kind: ClassVar[str] = "drop-after"
    entitlement: ClassVar[str] = "A repetition with the same key gets the answer that was lost."

    def verdict(self, _random: Random, /) -> Drop:
        """Cut the connection."""
        return Drop()
