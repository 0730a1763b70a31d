"""The PSP does not even listen."""

from random import Random
from typing import ClassVar

from psp_chaos.faults.fault import ContactFault
from psp_chaos.faults.verdicts import Drop


class Refuse(ContactFault):
    """Cut the connection as soon as a request begins, before its key, its sender and its body are looked at.

    A client sees what it sees with `drop-before`. The difference is at the PSP: this hits requests that nobody may
    make as well as lawful ones, can be aimed at operations only, and leaves a line in the journal that names nobody.
    """

    kind: ClassVar[str] = "refuse"
    entitlement: ClassVar[str] = "A repetition with the same key is executed as if it were the first request."

    def verdict(self, _random: Random, /) -> Drop:
        """Cut the connection."""
        return Drop()
