"""Reports of the failing runs that were kept; in a file of its own, because whatever draws takes long to import."""

from scenarios.campaign.folder import SweepFolder
from scenarios.campaign.ledger import Ledger
from scenarios.judgement import judge_folder


def write_reports(ledger: Ledger, folder: SweepFolder, *, at_most: int) -> None:
    """Judge the evidence that was kept of failing runs, and write the reports that are not there yet."""
    for result in ledger.ranked(at_most):
        evidence = folder.failing(result.task)
        if (evidence / "manifest.json").exists() and not (evidence / "report.html").exists():
            judge_folder(evidence)
