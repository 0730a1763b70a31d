"""The report as one HTML file: opens offline, needs no script, and shows hostile text as text.

Order ids, descriptions and error messages come from strangers. Everything is escaped on output, characters that would
hide or reorder text are made visible, and a content security policy forbids scripts and every request to elsewhere.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd
from jinja2 import Environment

from reports.checks import Breach
from reports.dotted import dotted
from reports.evidence import Evidence
from reports.figures import draw_all
from reports.frames import bites, risks
from reports.money import format_money
from reports.reconciliation import three_ways, totals
from reports.rendering import page_environment, style
from reports.scoring import tell_score
from reports.spans import duration, moment
from reports.story import Line, Who, tell
from reports.summary import key_figures
from reports.truth import Truth
from reports.verdict import Finding, Validity, Verdict

_MICROSECONDS = 1_000_000
_ROWS_MAX = 50  # of a table that grows with the run; the evidence has the rest

_HEADLINES = {
    Validity.VALID: "The books held.",
    Validity.UNKNOWN: "Nobody can tell.",
    Validity.INVALID: "The books did not hold.",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Tale:
    """A story with the reason why it is told."""

    title: str
    why: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Example:
    """One breach of a finding, and which one it is."""

    label: str
    breach: Breach


def render_page(evidence: Evidence, verdict: Verdict) -> str:
    """Return the report of a judged run."""
    truth = Truth.rebuild(evidence)
    views = three_ways(evidence, truth)
    environment = _environment(evidence)
    return environment.get_template("report.html.jinja").render(
        style=style("report.css"),
        headline=_HEADLINES[verdict.validity],
        verdict=verdict,
        manifest=evidence.manifest,
        figures=key_figures(evidence, truth),
        tales=_tales(evidence, truth, verdict),
        lanes=tuple(Who),
        totals=_records(totals(views)),
        disagreeing=_records(views[~views["agrees"]].head(_ROWS_MAX)),
        disagreeing_count=int((~views["agrees"]).sum()),
        pictures=draw_all(evidence, truth),
        faults=_records(bites(evidence)),
        settings=tuple(dotted(evidence.manifest.plan)),
        counts=tuple(dotted(evidence.manifest.counts)),
        versions=tuple(dotted(evidence.manifest.versions)),
    )


def _environment(evidence: Evidence) -> Environment:
    environment = page_environment()
    environment.filters |= {
        "clock": partial(_clock, started_at_us=evidence.manifest.started_at_us),
        "utc": _utc,
        "money": _money,
        "examples": _examples,
        "score": tell_score,
    }
    return environment


def _clock(at_us: int, *, started_at_us: int) -> str:
    return moment((at_us - started_at_us) / _MICROSECONDS)


def _utc(at_us: int) -> str:
    return f"{pd.Timestamp(at_us, unit='us'):%Y-%m-%d %H:%M:%S} UTC"


def _money(amount_minor: int | None, currency: str) -> str:
    return "not known" if amount_minor is None else format_money(amount_minor, currency)


def _examples(finding: Finding) -> list[Example]:
    """Return the first, the worst and the last breach, each once."""
    labels: dict[Breach, list[str]] = {}
    for label, breach in (("first", finding.first), ("worst", finding.worst), ("last", finding.last)):
        labels.setdefault(breach, []).append(label)
    if len(labels) == 1:
        return [Example(label="Breach", breach=finding.worst)]
    return [Example(label=" and ".join(names).capitalize(), breach=breach) for breach, names in labels.items()]


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return plain rows for the template, with None for what is missing."""
    return [
        {str(name): None if pd.isna(value) else value for name, value in row.items()}
        for row in frame.to_dict(orient="records")
    ]


def _tales(evidence: Evidence, truth: Truth, verdict: Verdict) -> tuple[Tale, ...]:
    """Return the story behind the worst breach of each finding; in a run without any, one that healed."""
    if verdict.findings:
        return tuple(
            Tale(title=f"{check.id} {check.finding.sentence}", why=check.finding.worst.what, lines=check.finding.story)
            for check in verdict.checks
            if check.finding is not None
        )
    stretches = risks(evidence, truth)
    healed = stretches[stretches["healed_by"] != ""].assign(span_s=stretches["until_s"] - stretches["from_s"])
    return tuple(_healed_tale(evidence, row) for row in _records(healed.nlargest(1, "span_s")))


def _healed_tale(evidence: Evidence, row: dict[str, Any]) -> Tale:
    why = f"Healed by {row['healed_by']} {duration(row['span_s'])} after the money moved; none took longer."
    lines = tell(evidence, order_id=row["order"], payment_id=None)
    return Tale(title=f"Purchase {row['order']}", why=why, lines=lines)
