"""Tables as JSON: one list of objects, a row a line, with null for what is missing."""

from pathlib import Path

import orjson
import pandas as pd

_ROWS_AT_ONCE = 10_000  # a table may have a million rows, and each is a dictionary for a moment


def to_json_rows(frame: pd.DataFrame, path: Path) -> Path:
    """Write a table; text is exactly as it is in the evidence."""
    names = [str(name) for name in frame.columns]
    with path.open("wb") as file:
        file.write(b"[")
        for start in range(0, len(frame), _ROWS_AT_ONCE):
            part = frame.iloc[start : start + _ROWS_AT_ONCE].astype(object)
            plain = part.where(part.notna(), None).itertuples(index=False, name=None)
            lines = b",\n".join(orjson.dumps(dict(zip(names, row, strict=True)), default=str) for row in plain)
            file.write((b",\n" if start else b"\n") + lines)
        file.write(b"\n]\n")
    return path
