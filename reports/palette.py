"""The colours of the pages, read from where they are written down once: the variables of the style sheet."""

import re
from collections.abc import Mapping
from pathlib import Path

_SHEET = Path(__file__).parent / "templates" / "report.css"
_VARIABLE = re.compile(r"--([a-z-]+):\s*([^;]+);")
_REFERENCE = re.compile(r"var\(--([a-z-]+)\)")


def day() -> Mapping[str, str]:
    """Return every variable of the style sheet by name, as it is on a bright page."""
    return _resolved(_variables(_first_block(_sheet(), ":root {")))


def night() -> Mapping[str, str]:
    """Return every variable of the style sheet by name, as it is on a dark page."""
    sheet = _sheet()
    dark = sheet[sheet.index("prefers-color-scheme: dark") :]
    return _resolved(_variables(_first_block(sheet, ":root {")) | _variables(_first_block(dark, ":root {")))


def _sheet() -> str:
    return _SHEET.read_text(encoding="utf-8")


def _first_block(sheet: str, selector: str) -> str:
    return sheet.partition(selector)[2].partition("}")[0]


def _variables(block: str) -> dict[str, str]:
    return {name: value.strip() for name, value in _VARIABLE.findall(block)}


def _resolved(variables: dict[str, str]) -> dict[str, str]:
    """Put in what a variable takes over from another."""
    return {name: _REFERENCE.sub(lambda reference: variables[reference[1]], value) for name, value in variables.items()}
