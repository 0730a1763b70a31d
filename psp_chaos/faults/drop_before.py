"""The connection breaks before the PSP has done anything."""

from random import Random
from typing import ClassVar

from psp_chaos.faults.fault import ArrivalFault
from psp_chaos.faults.verdicts import Drop


class DropBefore(ArrivalFault):
    """Cut the connection; nothing has happened."""

    kind: ClassVar[str] = "drop-before"
    entitlement: ClassVar[str] = "A repetition with the same key is executed as if it were the first request."

    def verdict(self, _random: Random, /) -> Drop:
        """Cut the connection."""
        return Drop()
