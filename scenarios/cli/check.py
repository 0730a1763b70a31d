"""`paystorm check`."""

from reports.fail_on import EVERYTHING
from scenarios.cli.conclusion import conclude
from scenarios.cli.exit_codes import ExitCode
from scenarios.cli.options import AsJson, FailsOn, RunFolder, Thresholds


def check(
    folder: RunFolder, /, *, thresholds: Thresholds = (), fail_on: FailsOn = EVERYTHING, as_json: AsJson = False
) -> ExitCode:
    """Judge a run folder again; exit code 1 if an invariant is broken.

    The evidence is all that is needed: no database, no service, no simulation. The verdict, its JUnit file and the
    report in the folder are written anew.
    """
    return conclude(folder, thresholds=thresholds, fail_on=fail_on, as_json=as_json)
