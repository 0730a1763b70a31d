"""`paystorm report`."""

from pathlib import Path

from scenarios.cli.exit_codes import ExitCode


def report(folder: Path, /) -> ExitCode:
    """Write the report of a run folder again and print its path; exit code 0 whatever the report says.

    Parameters
    ----------
    folder
        A run folder, such as `runs/latest`.
    """
    from scenarios.judgement import judge_folder

    print(judge_folder(folder).folder / "report.html")
    return ExitCode.HOLDS
