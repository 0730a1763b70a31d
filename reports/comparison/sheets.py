"""The tables of a comparison, whole."""

from collections.abc import Iterator

from reports.comparison.compare import Comparison
from reports.sheets import Cell, Sheet
from reports.statistics import Quantile

_ENDS = ("first", "second")


def sheets(comparison: Comparison) -> tuple[Sheet, ...]:
    """Return every table of the page."""
    return (
        Sheet(
            name="invariants",
            columns=("invariant", *_ENDS, "first_breaches", "second_breaches", "change"),
            rows=[(one.id, *one.words, *one.breaches, one.turn.value) for one in comparison.invariants],
        ),
        _outcomes(comparison),
        _timings(comparison),
        Sheet(
            name="money_at_risk",
            columns=("currency", "first_peak", "second_peak", "first_never_healed", "second_never_healed"),
            rows=[(risk.currency, *risk.peaks, *risk.never_healed) for risk in comparison.risks],
        ),
        Sheet(
            name="faults",
            columns=("where", "kind", *_ENDS),
            rows=[(bites.where, bites.kind, *bites.counts) for bites in comparison.faults],
        ),
        Sheet(
            name="settings",
            columns=("setting", *_ENDS),
            rows=[(difference.name, *difference.values) for difference in comparison.settings],
        ),
    )


def _outcomes(comparison: Comparison) -> Sheet:
    return Sheet(
        name="outcomes",
        columns=("what", "state", *_ENDS, "first_of", "second_of", "at_least", "at_most", "p"),
        rows=[
            (distribution.unit, ending.state, *ending.counts, *ending.totals, *ending.difference, ending.p)
            for distribution in comparison.distributions
            for ending in distribution.endings
        ],
    )


def _timings(comparison: Comparison) -> Sheet:
    measured = tuple(f"{end}_{which}" for end in _ENDS for which in ("s", "low_s", "high_s"))
    return Sheet(
        name="timings",
        columns=("what", "share", *measured),
        rows=[
            (timing.name, pair.share, *_measured(pair.one), *_measured(pair.other))
            for timing in comparison.timings
            for pair in timing.quantiles
        ],
    )


def _measured(end: Quantile | None) -> Iterator[Cell]:
    yield None if end is None else end.value
    yield from (None, None) if end is None or end.interval is None else end.interval
