"""A list does not know yet what has just been created."""

from random import Random
from typing import Annotated, ClassVar

from pydantic import Field

from psp_chaos.faults.fault import Occasion, ReadingFault
from psp_chaos.faults.verdicts import HideNewest


class NewestMissing(ReadingFault):
    """Leave out of a list what is younger than this, as a replica does that lags behind."""

    kind: ClassVar[str] = "newest-missing"
    entitlement: ClassVar[str] = (
        "What is missing is there when it is retrieved by its identifier, and is listed when it is old enough. "
        "That something is not listed does not prove that it does not exist."
    )

    younger_than_s: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 60
    """Up to which age a row is missing."""

    def concerns(self, occasion: Occasion, /) -> bool:
        """Lists only; searches have a lag of their own."""
        return occasion.is_list

    def verdict(self, _random: Random, /) -> HideNewest:
        """Hide the newest."""
        return HideNewest(younger_than_s=self.younger_than_s)
