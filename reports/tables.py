"""All tables of a report, each built once, when it is first asked for."""

from functools import cached_property

import pandas as pd

from reports.discoveries import by_kind, discoveries
from reports.evidence import Evidence
from reports.frames import bite_times, bites, moves, requests, risks, steps
from reports.reconciliation import disagreements, three_ways, totals
from reports.truth import Truth


class Tables:
    """What the evidence of a run says, as tables; times are seconds since the run began."""

    def __init__(self, evidence: Evidence, truth: Truth) -> None:
        self.manifest = evidence.manifest
        self._evidence = evidence
        self._truth = truth

    @cached_property
    def purchases(self) -> pd.DataFrame:
        """A row a purchase: the three views of its money, and whether they agree."""
        return three_ways(self._evidence, self._truth)

    @cached_property
    def totals(self) -> pd.DataFrame:
        """A row a currency: the three views of all its money."""
        return totals(self.purchases)

    @cached_property
    def disagreements(self) -> pd.DataFrame:
        """A row a purchase whose views disagree, the worst first."""
        return disagreements(self.purchases)

    @cached_property
    def discoveries(self) -> pd.DataFrame:
        """A row a discrepancy that the service has found itself."""
        return discoveries(self._evidence, self._truth)

    @cached_property
    def discoveries_by_kind(self) -> pd.DataFrame:
        """A row a kind of discrepancy: how many were found, and what became of them."""
        return by_kind(self.discoveries)

    @cached_property
    def risks(self) -> pd.DataFrame:
        """A row a stretch of time in which the service did not know where money was."""
        return risks(self._evidence, self._truth)

    @cached_property
    def requests(self) -> pd.DataFrame:
        """A row a request of a customer."""
        return requests(self._evidence)

    @cached_property
    def steps(self) -> pd.DataFrame:
        """A row a step of a payment's way."""
        return steps(self._evidence)

    @cached_property
    def moves(self) -> pd.DataFrame:
        """A row a kind of step, with how often it was taken."""
        return moves(self.steps)

    @cached_property
    def faults(self) -> pd.DataFrame:
        """A row a fault: how often it bit, and when."""
        return bites(self._evidence)

    @cached_property
    def bite_times(self) -> pd.DataFrame:
        """A row a bite of a fault: where, and when."""
        return bite_times(self._evidence)
