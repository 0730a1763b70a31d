"""Judge recorded evidence of a run: what happened to the money, and did the books heal?

Nothing here knows the service or the simulator; a run folder is enough. `reports.report` writes the page and needs
pandas and matplotlib; judging does not.
"""

from reports.errors import EvidenceError, ReportError
from reports.evidence import Evidence, load_run, record_run
from reports.verdict import CheckResult, Finding, Validity, Verdict, judge

__all__ = [
    "CheckResult",
    "Evidence",
    "EvidenceError",
    "Finding",
    "ReportError",
    "Validity",
    "Verdict",
    "judge",
    "load_run",
    "record_run",
]
