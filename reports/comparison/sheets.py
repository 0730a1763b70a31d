"""The tables of a comparison, whole."""

from collections.abc import Iterator

from reports.comparison.compare import Comparison
from reports.sheets import Cell, Sheet
from reports.statistics import Quantile


def sheets(comparison: Comparison) -> tuple[Sheet, ...]:
    """Return every table of the page."""
    return (
        Sheet(
            name="invariants",
            columns=("invariant", "first", "second", "first_breaches", "second_breaches", "change"),
            rows=[(one.id, *one.words, *one.breaches, one.turn.value) for one in comparison.invariants],
        ),
        Sheet(
            name="outcomes",
            columns=("what", "state", "first", "second", "first_of", "second_of", "at_least", "at_most", "p"),
            rows=[
                (distribution.unit, ending.state, *ending.counts, *ending.totals, *ending.difference, ending.p)
                for distribution in comparison.distributions
                for ending in distribution.endings
            ],
        ),
        Sheet(
            name="timings",
            columns=(
                "what",
                "share",
                "first_s",
                "first_low_s",
                "first_high_s",
                "second_s",
                "second_low_s",
                "second_high_s",
            ),
            rows=[
                (timing.name, pair.share, *_measured(pair.one), *_measured(pair.other))
                for timing in comparison.timings
                for pair in timing.quantiles
            ],
        ),
        Sheet(
            name="money_at_risk",
            columns=("currency", "first_peak", "second_peak", "first_never_healed", "second_never_healed"),
            rows=[(risk.currency, *risk.peaks, *risk.never_healed) for risk in comparison.risks],
        ),
        Sheet(
            name="faults",
            columns=("where", "kind", "first", "second"),
            rows=[(bites.where, bites.kind, *bites.counts) for bites in comparison.faults],
        ),
        Sheet(
            name="settings",
            columns=("setting", "first", "second"),
            rows=[(difference.name, *difference.values) for difference in comparison.settings],
        ),
    )


def _measured(end: Quantile | None) -> Iterator[Cell]:
    yield None if end is None else end.value
    yield from (None, None) if end is None or end.interval is None else end.interval
