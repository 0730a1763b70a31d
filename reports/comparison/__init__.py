"""Two runs side by side: what broke or was fixed, what took longer, and which differences may be chance."""

from pathlib import Path

from reports.comparison.changes import Turn
from reports.comparison.compare import Comparison, compare
from reports.comparison.page import pictures, render_comparison
from reports.comparison.plain import to_json
from reports.comparison.sheets import sheets
from reports.comparison.side import Side
from reports.errors import ExportFailed
from reports.evidence import load_run
from reports.sheets import export

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
        ExportFailed: There is no place for it.
    """
    content = render_comparison(comparison)
    try:
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(content, encoding="utf-8")
    except OSError as error:
        raise ExportFailed(where=page, what=error.strerror or str(error), mend="name another place") from error


def export_comparison(comparison: Comparison, into: Path) -> tuple[Path, ...]:
    """Write the tables and drawings of a comparison into a folder, and return their paths.

    Raises:
        ExportFailed: There is no place for them.
    """
    return export(into, sheets=sheets(comparison), pictures=pictures(comparison))
