"""`paystorm report`."""

from reports.fail_on import NOTHING
from scenarios.cli.exit_codes import ExitCode
from scenarios.cli.options import FailsOn, RunFolder, Thresholds


def report(folder: RunFolder, /, *, thresholds: Thresholds = (), fail_on: FailsOn = NOTHING) -> ExitCode:
    """Write the report of a run folder again and print its path; exit code 0 unless `--fail-on` says otherwise."""
    from scenarios.judgement import judge_folder

    judgement = judge_folder(folder, thresholds=thresholds, fail_on=fail_on)
    print(judgement.folder / "report.html")
    return ExitCode.HOLDS if judgement.verdict.passes else ExitCode.BROKEN
