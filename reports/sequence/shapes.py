"""What a diagram is drawn with.

Coordinates are pixels from the upper left corner; `kind` is a class of the style sheet.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Text:
    """Lines of text; `y` is the base line of the first."""

    x: float
    y: float
    lines: tuple[str, ...]
    kind: str = ""
    anchor: str = "start"  # or middle, or end


@dataclass(frozen=True, kw_only=True, slots=True)
class Stroke:
    """A straight line."""

    x1: float
    y1: float
    x2: float
    y2: float
    kind: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Box:
    """A rounded rectangle with its upper left corner at (x, y)."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    radius: float = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """A small sign: `head` of an arrow to the right, `tail` to the left, `cross` of what is lost, `bolt` of a fault."""

    x: float
    y: float
    sign: str
    kind: str = ""


type Shape = Text | Stroke | Box | Mark


def pixels(length: float) -> str:
    """Return a coordinate as it is written: a tenth of a pixel is enough."""
    return f"{length:.1f}".removesuffix(".0")
