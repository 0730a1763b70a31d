"""Pages that are about many runs, made again from what their folder holds: a sweep, or a kill matrix."""

from pathlib import Path

from reports import campaign, kill_matrix
from reports.campaign.page import pictures as campaign_pictures
from reports.campaign.sheets import sheets as campaign_sheets
from reports.errors import EvidenceError
from reports.kill_matrix.page import pictures as matrix_pictures
from reports.kill_matrix.sheets import sheets as matrix_sheets
from reports.sheets import export

_PLAN = "sweep.json"


def write_overview(folder: Path) -> Path | None:
    """Write the page of a sweep's or a matrix's folder and return its path; None says that the folder is neither.

    Raises:
        EvidenceError: Its summary cannot be understood, or was never written.
    """
    if _is_matrix(folder):
        return kill_matrix.write_matrix(folder)
    if (folder / campaign.SUMMARY).exists():
        return campaign.write_campaign(folder)
    if (folder / _PLAN).exists():
        mend = "give the command again that began it: it goes on where it ended, and writes its page"
        raise EvidenceError(where=folder, what="this sweep was cut off before it could say what it came to", mend=mend)
    return None


def export_overview(folder: Path, into: Path) -> tuple[Path, ...]:
    """Write the tables and drawings of such a page as files of their own, and return their paths.

    Raises:
        EvidenceError: Its summary cannot be understood.
        ExportFailed: The files cannot be written.
    """
    if _is_matrix(folder):
        matrix = kill_matrix.read_matrix(folder)
        return export(into, sheets=matrix_sheets(matrix), pictures=matrix_pictures(matrix))
    swept = campaign.read_campaign(folder)
    return export(into, sheets=campaign_sheets(swept), pictures=campaign_pictures(swept))


def _is_matrix(folder: Path) -> bool:
    return (folder / kill_matrix.SUMMARY).exists()
