"""How a command that has a run ends: it is judged, written down and told, and the exit code says whether it passes."""

from collections.abc import Sequence
from pathlib import Path

from reports.fail_on import FailOn
from reports.thresholds import Threshold
from scenarios.cli.exit_codes import ExitCode


def conclude(folder: Path, *, thresholds: Sequence[Threshold], fail_on: FailOn, as_json: bool) -> ExitCode:
    """Judge a run folder, write verdict and report into it, print what it came to and return the exit code.

    Raises:
        EvidenceError: The folder is not a run that can be judged.
    """
    from scenarios.cli.output import print_judgement
    from scenarios.judgement import judge_folder

    return print_judgement(judge_folder(folder, thresholds=thresholds, fail_on=fail_on), json=as_json)
