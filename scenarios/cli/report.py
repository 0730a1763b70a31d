"""`paystorm report`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from scenarios.cli.exit_codes import ExitCode

type ReportFolder = Annotated[
    Path, Parameter(help="The folder of a run, such as `runs/latest`, of a sweep or of a kill matrix.")
]
type ExportFolder = Annotated[
    Path | None,
    Parameter(
        name="--export",
        help="Of a sweep or a matrix: write tables as CSV and JSON and drawings as SVG and PNG into this folder, too.",
    ),
]


def report(folder: ReportFolder, /, *, export: ExportFolder = None) -> ExitCode:
    """Write the report of a folder again and print its path; exit code 0 whatever the report says."""
    from reports.overview import write_overview

    page = write_overview(folder, export_into=export)
    if page is None:
        from scenarios.judgement import judge_folder

        page = judge_folder(folder).folder / "report.html"
    print(page)
    return ExitCode.HOLDS
