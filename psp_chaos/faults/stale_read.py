"""An object is shown as it was a while ago."""

from random import Random
from typing import Annotated, ClassVar

from pydantic import Field

from psp_chaos.faults.fault import Occasion, ReadingFault
from psp_chaos.faults.verdicts import ShowPast


class StaleRead(ReadingFault):
    """Show an object as the last of its events showed it so long ago, or not at all if it did not exist then."""

    kind: ClassVar[str] = "stale-read"
    entitlement: ClassVar[str] = (
        "What is shown was true once: a status that ends a payment or a refund is never taken back for an earlier one "
        "by anything but an old picture."
    )

    age_s: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 60
    """How old the picture is."""

    def concerns(self, occasion: Occasion, /) -> bool:
        """Retrievals only."""
        return occasion.is_retrieval

    def verdict(self, _random: Random, /) -> ShowPast:
        """Show the past."""
        return ShowPast(age_s=self.age_s)
