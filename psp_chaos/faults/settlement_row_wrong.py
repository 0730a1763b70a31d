"""Money has moved, and the settlement says how much, wrongly."""

from random import Random
from typing import Annotated, ClassVar

from pydantic import AfterValidator

from psp_chaos.faults.fault import SettlementFault
from psp_chaos.faults.verdicts import AlterLine


def _not_nothing(by_minor: int) -> int:
    if by_minor == 0:
        raise ValueError("a row that is wrong by nothing is right")
    return by_minor


class SettlementRowWrong(SettlementFault):
    """Report a movement with an amount that is not its own."""

    kind: ClassVar[str] = "settlement-row-wrong"
    entitlement: ClassVar[str] = "Payment and refund tell the true amount when they are retrieved."

    by_minor: Annotated[int, AfterValidator(_not_nothing)] = 1
    """By how much the amount is too large, in the currency's minor unit; below zero, too small."""

    def verdict(self, _random: Random, /) -> AlterLine:
        """Alter the amount."""
        return AlterLine(by_minor=self.by_minor)
