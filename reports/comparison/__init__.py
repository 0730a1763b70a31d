"""Two runs side by side: what broke or was fixed, what took longer, and which differences may be chance."""

from pathlib import Path

from reports.comparison.changes import Turn
from reports.comparison.compare import Comparison, compare
from reports.comparison.page import pictures, render_comparison
from reports.comparison.plain import to_json
from reports.comparison.sheets import sheets
from reports.comparison.side import Side
from reports.evidence import load_run
from reports.sheets import export, write

__all__ = [
    "Comparison",
    "Side",
    "Turn",
    "compare",
    "compare_folders",
    "export_comparison",
    "render_comparison",
    "to_json",
    "write_comparison",
]


def compare_folders(one: Path, other: Path) -> Comparison:
    """Judge the runs of two folders and hold them against each other; nothing is written.

    Raises:
        EvidenceError: One of the folders is not a run that can be judged.
    """
    first, second = (Side.of(folder.resolve().name, load_run(folder)) for folder in (one, other))
    return compare(first, second)


def write_comparison(comparison: Comparison, page: Path) -> None:
    """Write the page of a comparison.

    Raises:
        Unwritable: There is no place for it.
    """
    write(page, render_comparison(comparison).encode())


def export_comparison(comparison: Comparison, into: Path) -> None:
    """Write the tables and drawings of a comparison into a folder.

    Raises:
        Unwritable: There is no place for them.
    """
    export(into, sheets=sheets(comparison), pictures=pictures(comparison))
