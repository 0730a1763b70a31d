"""One run as a test sees it."""

import shutil
import warnings
from dataclasses import dataclass, field
from pathlib import Path

from reports.evidence import Evidence, load_run
from reports.verdict import Verdict
from scenarios.campaign.rehearsal import rehearse
from scenarios.judgement import judge_on_terms
from scenarios.testing.wish import Wish

_INDENT = "     "


@dataclass(frozen=True, kw_only=True)
class Rehearsed:
    """A run that took place: who it was, what it left behind and what the judge says."""

    scenario: str
    seed: int
    folder: Path  # with the evidence; it is removed after a test that passed
    evidence: Evidence = field(repr=False)
    verdict: Verdict = field(repr=False)

    @classmethod
    def perform(cls, wish: Wish, seed: int, *, folder: Path) -> "Rehearsed":
        """Perform the run and judge it.

        Raises:
            ScenarioError: The run could not be performed.
            ReportError: It could not be judged.
        """
        rehearse(wish.plan, seed, out=folder)
        evidence = load_run(folder)
        verdict = judge_on_terms(evidence, thresholds=wish.thresholds, fail_on=wish.fail_on)
        return cls(scenario=wish.name, seed=seed, folder=folder, evidence=evidence, verdict=verdict)

    @property
    def command(self) -> str:
        """What has this run again on the command line."""
        return self.verdict.command

    def report(self) -> Path:
        """Write verdict.json, junit.xml and report.html into the folder and return the page's path."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of libraries that draw; the test's own filters are about the test
            from reports.report import write_verdict  # noqa: PLC0415 - imports all that draws, for failures only

            return write_verdict(self.folder, self.evidence, self.verdict)

    def complaint(self) -> str:
        """Say what is wrong with the run, for whoever reads the test's failure."""
        broken = ", ".join(map(str, self.verdict.counted))
        lines = [f"{self.scenario} seed {self.seed}: {broken or 'the judge has found nothing wrong'}"]
        for shortfall in self.verdict.counted:
            lines.append(f"  {shortfall}: {shortfall.what}")
            lines += self._worst_of(shortfall.name)
        lines += [f"  not counted: {shortfall}" for shortfall in self.verdict.not_counted]
        return "\n".join([*lines, *self.directions()])

    def directions(self) -> list[str]:
        """Say where to read on, and how to have the run again."""
        return [f"again   {self.command}", f"folder  {self.folder}", f"report  {self.folder / 'report.html'}"]

    def forget(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _worst_of(self, name: str) -> list[str]:
        findings = [check.finding for check in self.verdict.checks if check.id == name and check.finding is not None]
        return [f"{_INDENT}worst: {finding.worst.what}" for finding in findings]
