"""What all pages have in common: templates that escape, styles of our own, and text that cannot hide anything.

Names, notes and error messages come from strangers. Everything is escaped on output, and characters that would hide or
reorder text are made visible.
"""

import unicodedata
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from reports.spans import duration, moment

_TEMPLATES = Path(__file__).parent / "templates"


def page_environment() -> Environment:
    """Return an environment for our templates, with the filters that every page needs."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_visible,
    )
    environment.filters |= {"moment": moment, "duration": duration, "number": "{:,}".format}
    return environment


def style(*names: str) -> Markup:
    """Return style sheets of ours as one."""
    sheets = [(_TEMPLATES / name).read_text(encoding="utf-8") for name in names]
    return Markup("\n".join(sheets))  # noqa: S704 - files of ours


def _visible(value: object) -> object:
    """Replace characters that hide, reorder or break text, such as a right-to-left override in an order id."""
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return "".join(_shown(character) if unicodedata.category(character)[0] == "C" else character for character in value)


def _shown(character: str) -> str:
    return character if character in "\n\t" else f"\\u{ord(character):04x}"
