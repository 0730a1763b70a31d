"""`paystorm check`."""

from scenarios.cli.exit_codes import ExitCode
from scenarios.cli.options import AsJson, RunFolder


def check(folder: RunFolder, /, *, as_json: AsJson = False) -> ExitCode:
    """Judge a run folder again; exit code 1 if an invariant is broken.

    The evidence is all that is needed: no database, no service, no simulation. The verdict, its JUnit file and the
    report in the folder are written anew.
    """
    from scenarios.cli.output import print_judgement
    from scenarios.judgement import judge_folder

    return print_judgement(judge_folder(folder), json=as_json)
