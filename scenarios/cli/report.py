"""`paystorm report`."""

from scenarios.cli.exit_codes import ExitCode
from scenarios.cli.options import RunFolder


def report(folder: RunFolder, /) -> ExitCode:
    """Write the report of a run folder again and print its path; exit code 0 whatever the report says."""
    from scenarios.judgement import judge_folder

    print(judge_folder(folder).folder / "report.html")
    return ExitCode.HOLDS
