"""Tables as CSV that a spreadsheet shows and never runs.

Order ids and error messages come from strangers, and a cell that begins like a formula is one as soon as a spreadsheet
opens the file: it can fetch an address or start a program. Such text gets an apostrophe in front, which spreadsheets
take for "this is text"; other programs read the JSON, where nothing is changed. The rule is OWASP's on CSV injection.
"""

from pathlib import Path
from typing import Any

import pandas as pd

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""The last four are the full-width forms of the first four, which some spreadsheets take for the same."""


def to_csv(frame: pd.DataFrame, path: Path) -> Path:
    """Write a table as UTF-8 with a line of names first; what is missing is empty."""
    harmless = frame.copy(deep=False)
    for name in frame.columns:
        if not pd.api.types.is_numeric_dtype(frame[name]) and not pd.api.types.is_bool_dtype(frame[name]):
            harmless[name] = frame[name].map(_harmless)
    # States are counted in columns of their own, and a service may call them what it likes.
    harmless.columns = pd.Index([_harmless(str(name)) for name in frame.columns])
    harmless.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")
    return path


def _harmless(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA_STARTS) else cell
