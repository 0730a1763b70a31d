"""One of two runs that are held against each other."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from reports.evidence import Evidence
from reports.frames import requests, risks
from reports.records import Manifest
from reports.truth import Truth
from reports.verdict import Verdict, judge


@dataclass(frozen=True, kw_only=True)
class Side:
    """A judged run, with the tables that both sides are compared by."""

    name: str  # of its folder
    evidence: Evidence
    truth: Truth
    verdict: Verdict

    @classmethod
    def of(cls, name: str, evidence: Evidence) -> "Side":
        """Judge a run.

        Raises:
            EvidenceError: The PSP's books contradict themselves.
        """
        return cls(name=name, evidence=evidence, truth=Truth.rebuild(evidence), verdict=judge(evidence))

    @property
    def manifest(self) -> Manifest:
        """Which run it was."""
        return self.evidence.manifest

    @property
    def is_live(self) -> bool:
        """Whether it took place in real time."""
        return self.manifest.mode == "live"

    @cached_property
    def stretches(self) -> pd.DataFrame:
        """When money was at risk."""
        return risks(self.evidence, self.truth)

    @cached_property
    def requests(self) -> pd.DataFrame:
        """What customers asked, and how long they waited."""
        return requests(self.evidence)

    def waits_s(self, action: str) -> Sequence[float]:
        """Return how long customers waited for the answers to this kind of request, sorted."""
        mine = self.requests[self.requests["action"] == action]
        return sorted(round(float(latency_s), 6) for latency_s in mine["latency_s"].dropna())

    def heals_s(self, source: str | None = None) -> Sequence[float]:
        """Return how long it took until the service knew, by whoever brought the news, sorted."""
        healed = self.stretches[self.stretches["healed_by"] != ""]
        mine = healed if source is None else healed[healed["healed_by"] == source]
        return sorted(round(float(span_s), 6) for span_s in mine["until_s"] - mine["from_s"])
