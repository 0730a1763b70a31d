"""A webhook names an amount that is wrong."""

from random import Random
from typing import Annotated, ClassVar

from pydantic import AfterValidator

from psp_chaos.faults.fault import DeliveryFault, Occasion
from psp_chaos.faults.verdicts import Distort, Distortion


def _some(amount_minor: int) -> int:
    if amount_minor == 0:
        raise ValueError("an amount that is altered by 0 is right")
    return amount_minor


class AlteredAmount(DeliveryFault):
    """Send the event, rightly signed, with amounts that are larger or smaller than the truth."""

    kind: ClassVar[str] = "altered-amount"
    entitlement: ClassVar[str] = "The object tells the right amount when it is retrieved."

    by_minor: Annotated[int, AfterValidator(_some)] = 100
    """What is added to the amounts, at least 1 of which is left."""

    def concerns(self, occasion: Occasion, /) -> bool:
        """Only what has an amount."""
        return occasion.tells_of_money

    def verdict(self, _random: Random, /) -> Distort:
        """Alter the amount."""
        return Distort(distortion=Distortion(by_minor=self.by_minor))
