"""From a run folder to its verdict and its report, in whatever tier the run took place."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from reports.evidence import Evidence, load_run
from reports.fail_on import EVERYTHING, FailOn
from reports.garbage import uncollected
from reports.measures import measures
from reports.report import write_verdict
from reports.summary import KeyFigure, key_figures
from reports.thresholds import Threshold
from reports.truth import Truth
from reports.verdict import Verdict, judge


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """A judged run folder."""

    folder: Path
    evidence: Evidence
    verdict: Verdict
    figures: tuple[KeyFigure, ...]


@uncollected()
def judge_folder(folder: Path, *, thresholds: Sequence[Threshold] = (), fail_on: FailOn = EVERYTHING) -> Judgement:
    """Judge a run and write verdict.json, junit.xml and report.html into its folder.

    Raises:
        EvidenceError: The folder is not a run that can be judged.
    """
    evidence = load_run(folder)
    verdict, truth = judge_on_terms(evidence, thresholds=thresholds, fail_on=fail_on), Truth.rebuild(evidence)
    write_verdict(folder, evidence, verdict)
    return Judgement(folder=folder, evidence=evidence, verdict=verdict, figures=key_figures(evidence, truth))


def judge_on_terms(evidence: Evidence, *, thresholds: Sequence[Threshold], fail_on: FailOn) -> Verdict:
    """Judge a run, hold it against thresholds, and say what of it counts.

    Raises:
        EvidenceError: The PSP's books contradict themselves, so that there is no truth to judge by.
    """
    verdict = replace(judge(evidence), fail_on=fail_on)
    if not thresholds:
        return verdict
    measured = measures(evidence, Truth.rebuild(evidence))
    return replace(verdict, thresholds=tuple(threshold.judge(measured) for threshold in thresholds))
