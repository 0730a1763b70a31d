"""A webhook comes from the other mode."""

from random import Random
from typing import ClassVar, Literal

from psp_chaos.faults.fault import DeliveryFault
from psp_chaos.faults.verdicts import Distort, Distortion


class OtherMode(DeliveryFault):
    """Send the event, rightly signed, as a live one where all is a test, or as a test where all is live."""

    kind: ClassVar[str] = "other-mode"
    entitlement: ClassVar[str] = (
        "The event says in `livemode` what it is, every time that it is sent; "
        "the object tells the truth when it is retrieved."
    )

    claims: Literal["truth", "success"] = "truth"
    """What it says: what happened here, or that the money has moved."""

    def verdict(self, _random: Random, /) -> Distort:
        """Turn the mode round."""
        return Distort(distortion=Distortion(is_other_mode=True, claims_success=self.claims == "success"))
