"""`paystorm replay`."""

from rich.console import Console

from reports.fail_on import EVERYTHING
from scenarios.cli.conclusion import conclude
from scenarios.cli.exit_codes import ExitCode
from scenarios.cli.options import AsJson, DatabaseUrl, FailsOn, Out, RunFolder, Thresholds
from scenarios.errors import OtherChoice


def replay(
    folder: RunFolder,
    /,
    *,
    thresholds: Thresholds = (),
    fail_on: FailsOn = EVERYTHING,
    out: Out = None,
    as_json: AsJson = False,
    database_url: DatabaseUrl = None,
) -> ExitCode:
    """Run again what a run folder records, and compare the two to the last byte.

    Exit code 3 says that they differ: then the code, a library or PostgreSQL has changed since, or the simulation is
    not deterministic, which would be a bug of Paystorm. If the run kept a tape (`paystorm run --tape`), each decision
    is made as the tape says, and the first that does not fit is named.
    """
    from scenarios.cli.output import ProgressBar, print_comparison
    from scenarios.database import database_server
    from scenarios.processor import processor_of_our_own
    from scenarios.repetition import plan_of, repeat
    from scenarios.run_folder import folder_for_run

    first = plan_of(folder)
    with folder_for_run(out, scenario=first.scenario.name, seed=first.seed) as again:
        with (
            processor_of_our_own(),
            database_server(database_url) as server,
            ProgressBar(description=f"again: {folder.name}") as bar,
        ):
            try:
                repetition = repeat(first, server=server, listener=bar, out=again)
            except OtherChoice as error:
                Console(stderr=True, soft_wrap=True, highlight=False).print(f"another run: {error}", markup=False)
                return ExitCode.NOT_DETERMINISTIC
        code = conclude(again, thresholds=thresholds, fail_on=fail_on, as_json=as_json)
    print_comparison(repetition)
    return code if repetition.is_equal else ExitCode.NOT_DETERMINISTIC
