"""`paystorm check`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from scenarios.cli.exit_codes import ExitCode


def check(folder: Path, /, *, json: Annotated[bool, Parameter(negative="", show_default=False)] = False) -> ExitCode:
    """Judge a run folder again; exit code 1 if an invariant is broken.

    The evidence is all that is needed: no database, no service, no simulation. The verdict, its JUnit file and the
    report in the folder are written anew.

    Parameters
    ----------
    folder
        A run folder, such as `runs/latest`.
    json
        Print the verdict as JSON instead of text.
    """
    from scenarios.cli.output import print_judgement
    from scenarios.judgement import judge_folder

    return print_judgement(judge_folder(folder), json=json)
