"""A page of a list holds fewer rows than were asked for."""

from random import Random
from typing import Annotated, ClassVar

from pydantic import Field

from psp_chaos.faults.fault import Occasion, ReadingFault
from psp_chaos.faults.verdicts import ShortenPage


class ShortPage(ReadingFault):
    """End each page early; the rest is on the pages behind it."""

    kind: ClassVar[str] = "short-page"
    entitlement: ClassVar[str] = (
        "`has_more` is true as long as rows are left, so that whoever follows it to the end sees every row."
    )

    rows_max: Annotated[int, Field(ge=1, le=100)] = 1
    """How many rows a page has at most."""

    def concerns(self, occasion: Occasion, /) -> bool:
        """Lists and searches have pages."""
        return occasion.is_list or occasion.is_search

    def verdict(self, _random: Random, /) -> ShortenPage:
        """Shorten the page."""
        return ShortenPage(rows_max=self.rows_max)
