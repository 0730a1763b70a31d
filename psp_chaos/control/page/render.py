"""Rendering: templates with everything escaped, and what a person reads in place of numbers.

What is shown comes from strangers: metadata, descriptions, addresses. It is escaped, and characters that hide or
reorder text are made visible.
"""

import unicodedata
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from psp_chaos.wire.currencies import DECIMALS

TEMPLATES = Path(__file__).parent / "templates"
_MICROSECONDS = 1_000_000
_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))


def render(template: str, **context: object) -> str:
    """Fill a template."""
    return _environment().get_template(template).render(**context)


def environment(templates: Path) -> Environment:
    """Return what fills the templates of a folder."""
    made = Environment(
        loader=FileSystemLoader(templates),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_visible,
    )
    made.filters |= {
        "marked": marked,
        "moment": moment,
        "money": money,
        "number": "{:,}".format,
        "plain": plain,
        "span": span,
    }
    return made


def money(amount_minor: int, currency: str) -> str:
    """Write an amount in the currency's main unit."""
    decimals = DECIMALS.get(currency, 2)
    sign, digits = "-" if amount_minor < 0 else "", f"{abs(amount_minor):0{decimals + 1}}"
    whole, part = (digits[:-decimals], digits[-decimals:]) if decimals else (digits, "")
    return f"{sign}{int(whole):,}{'.' if part else ''}{part} {currency}"


def moment(at_us: int) -> str:
    """Write a point in time to the millisecond."""
    return f"{datetime.fromtimestamp(at_us / _MICROSECONDS, UTC):%Y-%m-%d %H:%M:%S.%f}"[:-3]


def span(span_us: int) -> str:
    """Write how long something takes, as roughly as a person would."""
    seconds = span_us / _MICROSECONDS
    for size, unit in _UNITS:
        if abs(seconds) >= 2 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.3f} s" if abs(seconds) < 1 else f"{seconds:.1f} s"


def plain(value: object) -> str:
    """Write settings and details as a person would: spans from low to high, pairs with a colon, few digits."""
    match value:
        case float():
            return f"{value:.3g}" if abs(value) < 1_000 else f"{value:,.0f}"  # noqa: PLR2004 - three digits suffice
        case [int() | float() as low, int() | float() as high]:
            return f"{plain(low)} to {plain(high)}"
        case list() | tuple():
            return ", ".join(map(plain, value))
        case dict():
            return ", ".join(f"{name}: {plain(found)}" for name, found in value.items())
        case _:
            return str(value)


def marked(text: str) -> Markup:
    """Show what stands between backticks as code; everything is escaped."""
    parts = enumerate(text.split("`"))
    return Markup("").join(Markup("<code>{}</code>").format(part) if number % 2 else part for number, part in parts)


@cache
def _environment() -> Environment:
    return environment(TEMPLATES)


def _visible(value: object) -> object:
    if value is None:
        return "none"
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return "".join(_shown(character) if unicodedata.category(character)[0] == "C" else character for character in value)


def _shown(character: str) -> str:
    return character if character in "\n\t" else f"\\u{ord(character):04x}"
