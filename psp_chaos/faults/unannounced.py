"""A webhook tells of a payment that the merchant never finished creating."""

from random import Random
from typing import ClassVar

from psp_chaos.faults.fault import DeliveryFault, Occasion, Unsurvivable
from psp_chaos.faults.verdicts import UNDISTORTED, Insert


class Unannounced(DeliveryFault):
    """Besides the event, send a second of its kind, rightly signed, about a payment that nobody knows of."""

    kind: ClassVar[str] = "unannounced"
    entitlement: ClassVar[str] = (
        "It carries no metadata of the merchant's, and there is no such payment when it is asked for: "
        "its creation was rolled back."
    )
    unsurvivable: ClassVar[Unsurvivable | None] = Unsurvivable.UNEXPLAINED_EVENT

    def concerns(self, occasion: Occasion, /) -> bool:
        """Only events of payments are copied."""
        return occasion.tells_of_payment

    def verdict(self, _random: Random, /) -> Insert:
        """Tell of another payment."""
        return Insert(distortion=UNDISTORTED, about_unknown=True)
