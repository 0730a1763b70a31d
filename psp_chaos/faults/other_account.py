"""A webhook belongs to another account."""

from random import Random
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from psp_chaos.faults.fault import DeliveryFault
from psp_chaos.faults.verdicts import Distort, Distortion


class OtherAccount(DeliveryFault):
    """Send the event, rightly signed, as one that happened in another account, as to a platform's endpoint."""

    kind: ClassVar[str] = "other-account"
    entitlement: ClassVar[str] = (
        "The event names the other account, every time that it is sent; "
        "the object tells the truth when it is retrieved."
    )

    account: Annotated[str, Field(min_length=1)] = "acct_somebody_else"
    """Whose event it claims to be."""

    claims: Literal["truth", "success"] = "truth"
    """What it says: what happened here, or that the money has moved."""

    def verdict(self, _random: Random, /) -> Distort:
        """Name the other account."""
        return Distort(distortion=Distortion(account=self.account, claims_success=self.claims == "success"))
