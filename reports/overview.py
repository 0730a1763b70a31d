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


def write_overview(folder: Path, *, export_into: Path | None = None) -> Path | None:
    """Write the page of a sweep's or a matrix's folder, export what it shows, and return its path.

    None says that the folder is neither.

    Raises:
        EvidenceError: Its summary cannot be understood, or was never written.
    """
    if (folder / kill_matrix.SUMMARY).exists():
        matrix = kill_matrix.read_matrix(folder)
        if export_into is not None:
            export(export_into, sheets=matrix_sheets(matrix), pictures=matrix_pictures(matrix))
        return kill_matrix.write_matrix(folder)
    if (folder / campaign.SUMMARY).exists():
        swept = campaign.read_campaign(folder)
        if export_into is not None:
            export(export_into, sheets=campaign_sheets(swept), pictures=campaign_pictures(swept))
        return campaign.write_campaign(folder)
    if (folder / _PLAN).exists():
        mend = "give the command again that began it: it goes on where it ended, and writes its page"
        raise EvidenceError(where=folder, what="this sweep was cut off before it could say what it came to", mend=mend)
    return None
