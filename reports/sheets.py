"""The tables of pages about many runs, whole, and how they become files."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from reports.errors import ExportFailed
from reports.exports.comma_separated import to_csv
from reports.exports.json_rows import to_json_rows
from reports.exports.pictures import write_pictures
from reports.figures import Picture

type Cell = str | int | float | bool | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Sheet:
    """One table of a page."""

    name: str  # of its files
    columns: tuple[str, ...]
    rows: Sequence[tuple[Cell, ...]]

    def frame(self) -> pd.DataFrame:
        """Return it as the writers of files take it; numbers of which some are missing stay what they are."""
        return pd.DataFrame(self.rows, columns=list(self.columns), dtype=object)


def export(into: Path, *, sheets: Iterable[Sheet], pictures: Iterable[Picture]) -> tuple[Path, ...]:
    """Write `tables/` and `figures/` into a folder, and return the paths.

    Raises:
        ExportFailed: The folder cannot be written.
    """
    tables, figures, paths = into / "tables", into / "figures", []
    try:
        for folder in (tables, figures):
            folder.mkdir(parents=True, exist_ok=True)
        for sheet in sheets:
            frame = sheet.frame()
            paths.append(to_csv(frame, tables / f"{sheet.name}.csv"))
            paths.append(to_json_rows(frame, tables / f"{sheet.name}.json"))
        return (*paths, *write_pictures(pictures, figures))
    except OSError as error:
        raise ExportFailed(where=into, what=error.strerror or str(error), mend="choose another folder") from error
