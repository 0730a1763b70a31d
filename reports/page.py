"""The report as one HTML file: opens offline, needs no script, and shows hostile text as text.

Order ids, descriptions and error messages come from strangers. Everything is escaped on output, characters that would
hide or reorder text are made visible, and a content security policy forbids every request to elsewhere and every script
but the one of ours, which sorts and filters what is there without it.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd
from jinja2 import Environment

from reports.checks import Breach
from reports.dotted import dotted
from reports.drilldown import drill_down
from reports.evidence import Evidence
from reports.figures import draw_all
from reports.money import format_money
from reports.rendering import page_environment, style
from reports.resources import NO_SAMPLES
from reports.scoring import tell_score
from reports.script import script
from reports.sequence import pixels
from reports.spans import moment
from reports.story import Storyteller, Who
from reports.summary import key_figures
from reports.tables import Tables
from reports.tales import tales
from reports.truth import Truth
from reports.verdict import Finding, Validity, Verdict

_MICROSECONDS = 1_000_000
_ROWS_MAX = 50  # of a table that grows with the run; the exported tables have the rest

_HEADLINES = {
    Validity.VALID: "The books held.",
    Validity.UNKNOWN: "Nobody can tell.",
    Validity.INVALID: "The books did not hold.",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Example:
    """One breach of a finding, and which one it is."""

    label: str
    breach: Breach


def render_page(evidence: Evidence, verdict: Verdict, samples: pd.DataFrame = NO_SAMPLES) -> str:
    """Return the report of a judged run, with what its processes took if anybody looked (`reports.resources`)."""
    truth, teller, manifest = Truth.rebuild(evidence), Storyteller(evidence), evidence.manifest
    tables = Tables(evidence, truth)
    return (
        _environment(evidence)
        .get_template("report.html.jinja")
        .render(
            style=style("report.css", "sequence.css"),
            script=script("report.js"),
            headline=_HEADLINES[verdict.validity],
            verdict=verdict,
            manifest=manifest,
            figures=key_figures(evidence, truth),
            tales=tuple(tales(tables, verdict, teller)),
            lanes=tuple(Who),
            totals=_records(tables.totals),
            disagreements=drill_down(tables.disagreements.head(_ROWS_MAX), truth, teller),
            disagreements_count=len(tables.disagreements),
            discoveries=_records(tables.discoveries.head(_ROWS_MAX)),
            discoveries_count=len(tables.discoveries),
            discoveries_by_kind=_records(tables.discoveries_by_kind),
            pictures=draw_all(tables, samples),
            moves=_records(tables.moves.head(_ROWS_MAX)),
            faults=_records(tables.faults),
            settings=tuple(dotted(manifest.plan)),
            counts=tuple(dotted(manifest.counts)),
            versions=tuple(dotted(manifest.versions)),
        )
    )


def _environment(evidence: Evidence) -> Environment:
    environment = page_environment()
    environment.filters |= {
        "clock": partial(_clock, started_at_us=evidence.manifest.started_at_us),
        "utc": _utc,
        "money": _money,
        "px": pixels,
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
