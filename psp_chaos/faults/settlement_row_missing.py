"""Money has moved, and the settlement does not say so."""

from random import Random
from typing import ClassVar

from psp_chaos.faults.fault import SettlementFault
from psp_chaos.faults.verdicts import OmitLine


class SettlementRowMissing(SettlementFault):
    """Report nothing of a movement, ever."""

    kind: ClassVar[str] = "settlement-row-missing"
    entitlement: ClassVar[str] = (
        "Payment and refund tell the truth when they are retrieved; a report without a row does not prove that no "
        "money moved."
    )

    def verdict(self, _random: Random, /) -> OmitLine:
        """Leave the row out."""
        return OmitLine()
