"""Where things stand: once for a desk, once for a telephone, where the words go across the whole width."""

import textwrap
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from reports.story import Who

_LINES_MAX = 4  # of one label; what is longer stands in the table in full


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """The measures of a diagram, in pixels."""

    name: str
    width: int
    lanes: Mapping[Who, int]  # where each lifeline stands
    letter: float  # the mean width of a letter
    line: int  # the height of a line of text
    has_gutter: bool  # whether times stand in a column of their own

    def span(self, here: int, there: int) -> tuple[float, str, int]:
        """Return where a label between two lifelines stands, how it is anchored, and how wide it may be."""
        if self.has_gutter:
            return (here + there) / 2, "middle", abs(here - there) - 16
        return 4, "start", self.width - 8

    def beside(self, x: float) -> tuple[float, str, int]:
        """Return the same for a text beside something on a lifeline: on the side that has more room."""
        nearest = min((lane for lane in self.lanes.values() if lane > x), default=self.width)
        if nearest - x >= 90 or not self.has_gutter:  # noqa: PLR2004 - room for two words
            return x, "start", round(min(max(nearest - x, 90), self.width - x) if self.has_gutter else self.width - x)
        return x, "end", 200

    def wrapped(self, text: str, width: float) -> tuple[str, ...]:
        """Return a text in lines of at most this width."""
        columns = max(int(width / (self.letter * _breadth(text))), 6)
        return tuple(
            textwrap.wrap(text, columns, max_lines=_LINES_MAX, placeholder=" …", break_on_hyphens=False) or [""]
        )

    def wide_as(self, text: str) -> float:
        """Return about how wide a text is."""
        return len(text) * self.letter * _breadth(text)


def _breadth(text: str) -> float:
    """Return how much wider than a Latin letter the letters of a text may be; East Asian ones take two columns."""
    return 1.8 if any(unicodedata.east_asian_width(letter) in "WF" for letter in text) else 1.0


WIDE = Layout(
    name="wide",
    width=1040,
    lanes=MappingProxyType({Who.CUSTOMER: 160, Who.SERVICE: 430, Who.WORKER: 680, Who.PSP: 930}),
    letter=7.4,
    line=16,
    has_gutter=True,
)
NARROW = Layout(
    name="narrow",
    width=358,
    lanes=MappingProxyType({Who.CUSTOMER: 36, Who.SERVICE: 130, Who.WORKER: 226, Who.PSP: 322}),
    letter=7.2,
    line=15,
    has_gutter=False,
)
