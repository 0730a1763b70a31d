"""Money has moved once, and the settlement says twice."""

from random import Random
from typing import ClassVar

from psp_chaos.faults.fault import SettlementFault
from psp_chaos.faults.verdicts import DoubleLine


class SettlementRowDoubled(SettlementFault):
    """Report a movement in two rows that differ in nothing but their identifiers."""

    kind: ClassVar[str] = "settlement-row-doubled"
    entitlement: ClassVar[str] = "Both rows name the same source, and one charge is captured once."

    def verdict(self, _random: Random, /) -> DoubleLine:
        """Report it twice."""
        return DoubleLine()
