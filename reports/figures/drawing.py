"""From a matplotlib figure to SVG that belongs to the page: its colours, its font, its width, readable in any light.

Figures are drawn with placeholder colours, which become CSS variables afterwards, so that one drawing serves a bright
and a dark page and the printer. The same input gives the same bytes: no date, no random ids.
"""

import io
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

import matplotlib as mpl
from markupsafe import Markup, escape
from matplotlib.figure import Figure


class Colour(StrEnum):
    """Placeholders: no drawing uses these near-blacks by accident."""

    INK = "#010101"
    MUTED = "#020202"
    LINE = "#030303"
    BAD = "#040404"
    GOOD = "#050505"
    ACCENT = "#060606"
    BAND = "#070707"


@dataclass(frozen=True, kw_only=True, slots=True)
class Size:
    """How large a drawing is and what it is for."""

    name: str
    width_inches: float
    height_inches: float
    font_points: float
    is_wide: bool  # whether there is room for detail


# Two drawings of each figure: text that is readable on a desk would be dust on a telephone.
WIDE = Size(name="wide", width_inches=10.4, height_inches=3.0, font_points=9.5, is_wide=True)
NARROW = Size(name="narrow", width_inches=3.9, height_inches=2.9, font_points=8.5, is_wide=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """A figure of the page."""

    title: str
    caption: str
    drawings: Mapping[str, Markup]  # by the name of the size


def picture(
    name: str, *, title: str, caption: str, alt: str, rows: int, draw: Callable[[Figure, Size], None]
) -> Picture:
    """Draw a figure in every size; `rows` says how many charts are stacked in it."""
    drawings = {size.name: _svg(f"{name}-{size.name}", size, alt=alt, rows=rows, draw=draw) for size in (WIDE, NARROW)}
    return Picture(title=title, caption=caption, drawings=MappingProxyType(drawings))


def _svg(name: str, size: Size, *, alt: str, rows: int, draw: Callable[[Figure, Size], None]) -> Markup:
    with _style(name, size):
        # Every further chart needs less than the first: it shares the axis below.
        figure = Figure(figsize=(size.width_inches, size.height_inches * (1 + 0.62 * (rows - 1))), layout="constrained")
        draw(figure, size)
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    return _embedded(buffer.getvalue(), name, alt)


@contextmanager
def _style(name: str, size: Size) -> Iterator[None]:
    settings: dict[Any, object] = {  # the keys' own type is a list of all settings, too long to name here
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
    for colour in Colour:
        body = body.replace(colour.value, f"var(--figure-{colour.name.lower()})")
    opening = f'<svg viewBox="{_view_box(body)}" role="img" aria-label="{escape(alt)}">'
    body = re.sub(r"<svg [^>]*>", lambda _: opening, body, count=1)
    return Markup(body.strip())  # noqa: S704 - matplotlib has escaped every text in its drawing


def _view_box(svg: str) -> str:
    match = re.search(r'viewBox="([^"]*)"', svg)
    assert match is not None, "matplotlib gives every SVG a view box"
    return match.group(1)
