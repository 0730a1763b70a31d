"""What the verdict says, as tables."""

from dataclasses import asdict

import pandas as pd

from reports.checks import Score
from reports.verdict import Verdict


def checks(verdict: Verdict) -> pd.DataFrame:
    """Return a row an invariant: what it says, how much was examined for it, and what came of that."""
    rows = (
        (
            check.id,
            check.title,
            check.statement,
            "skipped" if check.validity is None else check.validity.value,
            check.examined,
            check.unit,
            check.finding.count if check.finding else 0,
            "; ".join(check.notes),
        )
        for check in verdict.checks
    )
    names = ["check", "title", "statement", "validity", "examined", "unit", "breaches", "notes"]
    return pd.DataFrame(rows, columns=names)


def findings(verdict: Verdict) -> pd.DataFrame:
    """Return a row an example: the first, the worst and the last breach of each finding."""
    rows = (
        {"check": check.id, "example": which, **asdict(breach)}
        for check in verdict.checks
        if (finding := check.finding) is not None
        for which, breach in (("first", finding.first), ("worst", finding.worst), ("last", finding.last))
    )
    names = ["check", "example", "at_us", "order_id", "payment_id", "amount_minor", "currency", "what"]
    return pd.DataFrame(rows, columns=names)


def scores(verdict: Verdict) -> pd.DataFrame:
    """Return a row a kind of discrepancy: how well the service found it."""
    rows = ({"check": check.id, **asdict(score)} for check in verdict.checks for score in check.scores)
    return pd.DataFrame(rows, columns=["check", *Score.__dataclass_fields__])


def stories(verdict: Verdict) -> pd.DataFrame:
    """Return a row a line of the story behind the worst breach of each finding."""
    rows = (
        {"check": check.id, **asdict(line)}
        for check in verdict.checks
        if check.finding is not None
        for line in check.finding.story
    )
    return pd.DataFrame(rows, columns=["check", "at_us", "who", "what", "is_fault"])
