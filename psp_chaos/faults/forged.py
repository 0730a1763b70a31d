"""Somebody else sends an event that claims success."""

from random import Random
from typing import ClassVar, Literal

from psp_chaos.faults.fault import DeliveryFault, Occasion
from psp_chaos.faults.secret import stranger_secret
from psp_chaos.faults.verdicts import Distortion, Insert


class Forged(DeliveryFault):
    """Besides the event, send an invented one that claims success, once, signed with a secret of its own."""

    kind: ClassVar[str] = "forged"
    entitlement: ClassVar[str] = (
        "The signature does not fit the endpoint's secret, the event is not listed, and the payment tells the truth "
        "when it is retrieved."
    )

    about: Literal["payment", "unknown"] = "payment"
    """What was paid, if one believes it: the payment of the event, unless it is paid already, or one nobody knows."""

    def concerns(self, occasion: Occasion, /) -> bool:
        """Only an event of a payment is copied."""
        return occasion.tells_of_payment

    def verdict(self, random: Random, /) -> Insert:
        """Forge an event."""
        distortion = Distortion(secret=stranger_secret(random), claims_success=True)
        return Insert(distortion=distortion, about_unknown=self.about == "unknown")
