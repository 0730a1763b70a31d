"""`paystorm report`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from reports.fail_on import EVERYTHING, NOTHING, FailOn
from reports.thresholds import Threshold
from scenarios.cli.exit_codes import ExitCode
from scenarios.cli.options import FailsOn, Thresholds
from scenarios.errors import BadInput

type ReportFolder = Annotated[
    Path, Parameter(help="The folder of a run, such as `runs/latest`, of a sweep or of a kill matrix.")
]
type ExportFolder = Annotated[
    Path | None,
    Parameter(
        name="--export",
        help="Write the report's figures (SVG, PNG) and tables (CSV, JSON) there as well.",
    ),
]


def report(
    folder: ReportFolder,
    /,
    *,
    export: ExportFolder = None,
    thresholds: Thresholds = (),
    fail_on: FailsOn = NOTHING,
) -> ExitCode:
    """Write the report of a run, a sweep or a kill matrix again and print its path.

    The exit code is 0 unless `--fail-on` says otherwise, which is for runs alone.

    With `--export` each figure and each table becomes files of its own, such as `figures/risk.png` or
    `tables/purchases.csv`. In the CSV files, text that a spreadsheet would take for a formula begins with an
    apostrophe.
    """
    from reports.overview import export_overview, write_overview

    page = write_overview(folder)
    if page is None:
        return _report_run(folder, export, thresholds=thresholds, fail_on=fail_on)
    if thresholds or fail_on is not NOTHING:
        raise BadInput(f"{folder}: --threshold and --fail-on are for the folder of a run, and this is none")
    print(page)
    if export is not None:
        print(f"{export}: {len(export_overview(folder, export))} files")
    return ExitCode.HOLDS


def _report_run(folder: Path, export: Path | None, *, thresholds: Sequence[Threshold], fail_on: FailOn) -> ExitCode:
    from reports.exports import export as export_files
    from reports.resources import read_resources
    from scenarios.judgement import judge_folder

    is_asked = fail_on is not NOTHING
    # The page is what the run's own command has written, unless somebody asks what a build would make of it.
    judgement = judge_folder(folder, thresholds=thresholds, fail_on=fail_on if is_asked else EVERYTHING)
    print(judgement.folder / "report.html")
    if export is not None:
        samples = read_resources(folder, judgement.evidence.manifest)
        files = export_files(judgement.evidence, judgement.verdict, export, samples=samples)
        print(f"{export}: {len(files)} files")
    return ExitCode.BROKEN if is_asked and not judgement.verdict.passes else ExitCode.HOLDS
