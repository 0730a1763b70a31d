"""What `paystorm compare` prints."""

from collections.abc import Iterator
from pathlib import Path

from rich.console import Console

from reports.comparison import Comparison, Turn
from reports.comparison.outcomes import Distribution
from reports.comparison.timings import Pair, Timing
from reports.spans import duration
from reports.statistics import Quantile
from reports.verdict import Validity

_STYLES = {Validity.VALID: "green", Validity.UNKNOWN: "yellow", Validity.INVALID: "bold red"}


def print_comparison(comparison: Comparison, *, page: Path) -> None:
    """Print what is different, and where the page is that has the rest."""
    console = Console(highlight=False, soft_wrap=True)
    for label, side in zip(("first ", "second"), comparison.sides, strict=True):
        manifest = side.manifest
        console.print(f"  {label}  ", end="")
        console.print(f"{side.verdict.validity:<8}", style=_STYLES[side.verdict.validity], end="")
        console.print(f" {side.name}: {manifest.scenario} seed {manifest.seed}, {manifest.mode} time", markup=False)
    for line in _lines(comparison):
        console.print(f"  {line}", markup=False)
    console.print(comparison.lead, markup=False)
    console.print(comparison.headline, style=_STYLES[comparison.validity], markup=False)
    console.print(f"report  {page}", markup=False)


def _lines(comparison: Comparison) -> Iterator[str]:
    for one in comparison.invariants:
        if one.turn is not Turn.SAME:
            yield f"{one.id:<4} {one.turn}: {one.words[0]}, then {one.words[1]}"
    if parting := comparison.sameness.parting:
        yield f"they part after {parting.at_s:.3f} s, in row {parting.row:,} of {parting.book}:"
        yield f"     {parting.rows[0]}"
        yield f"     {parting.rows[1]}"
    for distribution in comparison.distributions:
        yield from _outcomes(distribution)
    for timing in comparison.timings:
        yield _timing(timing)
    for sentence in comparison.optimism:
        yield f"optimistic: {sentence}"


def _outcomes(distribution: Distribution) -> Iterator[str]:
    if distribution.missing:
        yield f"{distribution.unit}: not known, {distribution.missing}"
        return
    for ending in distribution.endings:
        one, other = (f"{share:.1%}" if share is not None else "not known" for share in ending.shares)
        chance = "more than chance" if ending.is_apart else "within chance"
        yield f"{distribution.unit} {ending.state}: {one}, then {other} ({chance}, p = {ending.p:.2g})"


def _timing(timing: Timing) -> str:
    return f"{timing.name.lower()}: {'; '.join(_pair(pair) for pair in timing.quantiles)}"


def _pair(pair: Pair) -> str:
    mark = " (more than chance)" if pair.is_apart else " (few values)" if pair.is_thin else ""
    return f"{pair.share:.0%} within {_told(pair.one)}, then {_told(pair.other)}{mark}"


def _told(end: Quantile | None) -> str:
    return "none" if end is None else duration(end.value)
