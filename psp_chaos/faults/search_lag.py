"""A search does not know yet what has just been created."""

from random import Random
from typing import Annotated, ClassVar

from pydantic import Field

from psp_chaos.faults.fault import Occasion, ReadingFault
from psp_chaos.faults.verdicts import HideNewest


class SearchLag(ReadingFault):
    """Leave out of a search what is younger than this, because it has not been indexed.

    Stripe speaks of a minute as a rule and of more during an outage (docs.stripe.com/search).
    """

    kind: ClassVar[str] = "search-lag"
    entitlement: ClassVar[str] = (
        "Lists and retrievals are up to date. That a search finds nothing does not prove that it does not exist."
    )

    younger_than_s: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 60
    """Up to which age an object is not found."""

    def concerns(self, occasion: Occasion, /) -> bool:
        """Searches only."""
        return occasion.is_search

    def verdict(self, _random: Random, /) -> HideNewest:
        """Hide the newest."""
        return HideNewest(younger_than_s=self.younger_than_s)
