"""From a run folder to its verdict and its report, in whatever tier the run took place."""

from dataclasses import dataclass
from pathlib import Path

from reports.evidence import load_run
from reports.garbage import uncollected
from reports.report import write_verdict
from reports.summary import KeyFigure, key_figures
from reports.truth import Truth
from reports.verdict import Verdict, judge


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """A judged run folder."""

    folder: Path
    verdict: Verdict
    figures: tuple[KeyFigure, ...]


@uncollected()
def judge_folder(folder: Path) -> Judgement:
    """Judge a run and write verdict.json, junit.xml and report.html into its folder.

    Raises:
        EvidenceError: The folder is not a run that can be judged.
    """
    evidence = load_run(folder)
    verdict, truth = judge(evidence), Truth.rebuild(evidence)
    write_verdict(folder, evidence, verdict)
    return Judgement(folder=folder, verdict=verdict, figures=key_figures(evidence, truth))
