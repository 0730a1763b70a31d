"""From a matplotlib figure to SVG that belongs to the page: its colours, its font, its width, readable in any light.

For the page they are drawn with placeholder colours, which become CSS variables afterwards, so that one drawing serves
a bright and a dark page and the printer; for a file of its own, with the colours of the page by day. The same input
gives the same bytes: no date, no random ids.
"""

import io
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Literal

import matplotlib as mpl
from markupsafe import Markup, escape
from matplotlib.colors import get_named_colors_mapping
from matplotlib.figure import Figure


class Colour(StrEnum):
    """Names that drawings use; which colour each is depends on what the drawing is for."""

    INK = "paystorm:ink"
    MUTED = "paystorm:muted"
    LINE = "paystorm:line"
    BAD = "paystorm:bad"
    GOOD = "paystorm:good"
    ACCENT = "paystorm:accent"
    BAND = "paystorm:band"
    PAPER = "paystorm:paper"


# Near-blacks that no drawing uses by accident.
_PLACEHOLDERS = MappingProxyType(
    {colour: f"#{number:02x}{number:02x}{number:02x}" for number, colour in enumerate(Colour, 1)}
)


type Layout = Literal["constrained"] | None  # None: whoever draws places everything


@dataclass(frozen=True, kw_only=True, slots=True)
class Size:
    """How large a drawing is and what it is for."""

    name: str
    width_inches: float
    height_inches: float
    font_points: float
    is_wide: bool  # whether there is room for detail


_NUMBER = re.compile(r"-?\d+\.\d+")
_DOTS_PER_INCH = 160  # of a PNG: sharp on a desk, and small enough to be sent

# Two drawings of each figure: text that is readable on a desk would be dust on a telephone.
WIDE = Size(name="wide", width_inches=10.4, height_inches=3.0, font_points=9.5, is_wide=True)
NARROW = Size(name="narrow", width_inches=3.9, height_inches=2.9, font_points=8.5, is_wide=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """A figure: of the page, or as a file of its own."""

    name: str
    title: str
    caption: str
    alt: str  # what it shows, in words and numbers
    rows: int  # how many charts are stacked in it
    layout: Layout
    draw: Callable[[Figure, Size], None]

    @property
    def drawings(self) -> Mapping[str, Markup]:
        """The figure as parts of the page, by the name of the size."""
        return MappingProxyType({size.name: self._embedded(size) for size in (WIDE, NARROW)})

    def svg(self, colours: Mapping[Colour, str]) -> bytes:
        """Return the figure as an SVG file in these colours; the same figure gives the same bytes."""
        return self._drawn(
            WIDE, colours, format="svg", metadata={"Date": None, "Title": self.title, "Description": self.alt}
        )

    def png(self, colours: Mapping[Colour, str]) -> bytes:
        """Return the figure as a PNG file in these colours; the same figure gives the same bytes."""
        return self._drawn(
            WIDE, colours, format="png", dpi=_DOTS_PER_INCH, metadata={"Software": None, "Title": self.title}
        )

    def _embedded(self, size: Size) -> Markup:
        name = f"{self.name}-{size.name}"
        svg = self._drawn(size, _PLACEHOLDERS, format="svg", transparent=True, metadata={"Date": None})
        return _embedded(svg.decode(), name, self.alt)

    def _drawn(self, size: Size, colours: Mapping[Colour, str], **options: Any) -> bytes:
        with _style(f"{self.name}-{size.name}", size, colours):
            # Every further chart needs less than the first: it shares the axis below.
            height_inches = size.height_inches * (1 + 0.62 * (self.rows - 1))
            figure = Figure(figsize=(size.width_inches, height_inches), layout=self.layout)
            figure.set_facecolor(Colour.PAPER)
            self.draw(figure, size)
            buffer = io.BytesIO()
            figure.savefig(buffer, **options)
        return buffer.getvalue()


def picture(
    name: str,
    *,
    title: str,
    caption: str,
    alt: str,
    rows: int,
    draw: Callable[[Figure, Size], None],
    layout: Layout = "constrained",
) -> Picture:
    """Return a figure that is drawn when it is asked for; `rows` says how many charts are stacked in it.

    Matplotlib's constrained layout draws everything twice to measure it; who places charts by hand says so.
    """
    return Picture(name=name, title=title, caption=caption, alt=alt, rows=rows, draw=draw, layout=layout)


@contextmanager
def _style(name: str, size: Size, colours: Mapping[Colour, str]) -> Iterator[None]:
    # Matplotlib knows colours by name in one table for all; nothing else in it has our prefix.
    names = get_named_colors_mapping()
    for colour, value in colours.items():
        names[colour.value] = value
    settings: dict[Any, object] = {  # the keys' own type is a list of all settings, too long to name here
        "axes.facecolor": "none",
        "axes.edgecolor": Colour.MUTED,
        "axes.labelcolor": Colour.MUTED,
        "xtick.color": Colour.MUTED,
        "ytick.color": Colour.MUTED,
        "text.color": Colour.INK,
        "font.size": size.font_points,
        "axes.titlesize": size.font_points,
        "legend.fontsize": size.font_points,
        "svg.fonttype": "none",  # text stays text: searchable, and in the page's own font
        "svg.hashsalt": name,
        "text.parse_math": False,  # a dollar sign in a currency or a name is no formula
        "axes.formatter.useoffset": False,
    }
    with mpl.rc_context(settings):
        yield


def _embedded(svg: str, name: str, alt: str) -> Markup:
    """Make a stand-alone SVG part of the page; matplotlib has escaped all text in it."""
    body = svg[svg.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    # A style element inside an SVG applies to the whole page; the page's own stylesheet says the same.
    body = re.sub(r"<style.*?</style>", "", body, flags=re.DOTALL)
    body = re.sub(r"<!--.*?-->", "", body, flags=re.DOTALL)
    body = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{name}-", body)
    body = re.sub(r"font: [^;\"]*?([\d.]+px)[^;\"]*", r"font-size: \1", body)
    # A tenth of a point is finer than any screen, and the digits beyond it are half of the file.
    body = re.sub(r' d="[^"]*"', lambda path: _NUMBER.sub(_rounded, path[0]), body)
    for colour, placeholder in _PLACEHOLDERS.items():
        body = body.replace(placeholder, f"var(--figure-{colour.name.lower()})")
    opening = f'<svg viewBox="{_view_box(body)}" role="img" aria-label="{escape(alt)}">'
    body = re.sub(r"<svg [^>]*>", lambda _: opening, body, count=1)
    return Markup(body.strip())  # noqa: S704 - matplotlib has escaped every text in its drawing


def _rounded(number: re.Match[str]) -> str:
    return f"{float(number[0]):.1f}".removesuffix(".0")


def _view_box(svg: str) -> str:
    match = re.search(r'viewBox="([^"]*)"', svg)
    assert match is not None, "matplotlib gives every SVG a view box"
    return match.group(1)
