"""Into which files a report is written."""

from pathlib import Path

import pandas as pd

from reports.errors import ExportFailed
from reports.evidence import Evidence
from reports.exports.comma_separated import to_csv
from reports.exports.json_rows import to_json_rows
from reports.exports.pictures import write_pictures
from reports.exports.story_file import story_svg
from reports.exports.verdict_tables import checks, findings, scores, stories
from reports.figures import draw_all
from reports.resources import NO_SAMPLES
from reports.story import Storyteller
from reports.tables import Tables
from reports.tales import tales
from reports.truth import Truth
from reports.verdict import Verdict

TABLES = (
    "totals",
    "purchases",
    "disagreements",
    "discoveries",
    "discoveries_by_kind",
    "risks",
    "requests",
    "steps",
    "moves",
    "faults",
)


def export(
    evidence: Evidence, verdict: Verdict, folder: Path, *, samples: pd.DataFrame = NO_SAMPLES
) -> tuple[Path, ...]:
    """Write every figure and table of a judged run into a folder, and return the paths.

    What an earlier export left in `figures/` and `tables/` there is overwritten; other files are left alone.

    Raises:
        ExportFailed: The folder cannot be written.
    """
    tables = Tables(evidence, Truth.rebuild(evidence))
    try:
        figures = export_figures(tables, samples, verdict, Storyteller(evidence), folder / "figures")
        return (*figures, *export_tables(tables, verdict, folder / "tables"))
    except OSError as error:
        raise ExportFailed(where=folder, what=error.strerror or str(error), mend="choose another folder") from error


def export_figures(
    tables: Tables, samples: pd.DataFrame, verdict: Verdict, teller: Storyteller, folder: Path
) -> tuple[Path, ...]:
    """Write each figure as SVG and PNG, and each story as SVG, into a folder that is made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [*write_pictures(draw_all(tables, samples), folder)]
    for tale in tales(tables, verdict, teller):
        if tale.diagrams:
            paths.append(folder / f"story-{tale.name}.svg")
            paths[-1].write_bytes(story_svg(tale))
    return tuple(paths)


def export_tables(tables: Tables, verdict: Verdict, folder: Path) -> tuple[Path, ...]:
    """Write each table as CSV and JSON into a folder that is made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    frames = {name: getattr(tables, name) for name in TABLES}
    frames |= {
        "checks": checks(verdict),
        "findings": findings(verdict),
        "scores": scores(verdict),
        "stories": stories(verdict),
    }
    paths: list[Path] = []
    for name, frame in frames.items():
        paths += [to_csv(frame, folder / f"{name}.csv"), to_json_rows(frame, folder / f"{name}.json")]
    return tuple(paths)
