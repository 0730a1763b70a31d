"""From a run folder to a report in it: judge the evidence, then write the verdict for people and for machines."""

from pathlib import Path

from reports.evidence import Evidence, load_run
from reports.garbage import uncollected
from reports.junit import to_junit
from reports.page import render_page
from reports.resources import read_resources
from reports.verdict import Verdict, judge


@uncollected()
def write_report(folder: Path) -> Path:
    """Judge the run in this folder, write verdict.json, junit.xml and report.html, and return the page's path.

    Raises:
        EvidenceError: The folder is not a run that can be judged.
    """
    evidence = load_run(folder)
    return write_verdict(folder, evidence, judge(evidence))


@uncollected()
def write_verdict(folder: Path, evidence: Evidence, verdict: Verdict) -> Path:
    """Write the three files about evidence that has been judged already, and return the page's path."""
    (folder / "verdict.json").write_text(verdict.to_json(), encoding="utf-8")
    (folder / "junit.xml").write_bytes(to_junit(verdict))
    page = folder / "report.html"
    page.write_text(render_page(evidence, verdict, read_resources(folder, evidence.manifest)), encoding="utf-8")
    return page
