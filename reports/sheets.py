"""Tables as files: CSV for spreadsheets, JSON for programs; and drawings as SVG and PNG beside them."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from reports.errors import Unwritable
from reports.figures.drawing import Colour, Picture
from reports.palette import day

type Cell = str | int | float | bool | None

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet compute a text that a stranger wrote; an apostrophe keeps it a text."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sheet:
    """One table of a page, whole."""

    name: str  # of its files
    columns: tuple[str, ...]
    rows: Sequence[tuple[Cell, ...]]

    def to_csv(self) -> str:
        """Return the table for a spreadsheet."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows([_harmless(cell) for cell in row] for row in self.rows)
        return text.getvalue()

    def to_json(self) -> bytes:
        """Return the table as a list of objects."""
        rows = [dict(zip(self.columns, row, strict=True)) for row in self.rows]
        return orjson.dumps(rows, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def export(into: Path, *, sheets: Iterable[Sheet], pictures: Iterable[Picture]) -> None:
    """Write `tables/` and `figures/` into a folder.

    Raises:
        Unwritable: There is no place for them.
    """
    colours = _by_day()
    for sheet in sheets:
        write(into / "tables" / f"{sheet.name}.csv", sheet.to_csv().encode())
        write(into / "tables" / f"{sheet.name}.json", sheet.to_json())
    for picture in pictures:
        write(into / "figures" / f"{picture.name}.svg", picture.svg(colours))
        write(into / "figures" / f"{picture.name}.png", picture.png(colours))


def write(path: Path, content: bytes) -> None:
    """Write a file, with the folders that it needs.

    Raises:
        Unwritable: There is no place for it.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise Unwritable(error, where=path) from None


def _harmless(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def _by_day() -> dict[Colour, str]:
    variables = day()
    return {colour: variables.get(f"figure-{colour.name.lower()}") or variables["paper"] for colour in Colour}
