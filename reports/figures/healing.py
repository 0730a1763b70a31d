"""Time to heal: how long it took until the service knew, and who told it."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from reports.figures.axes import durations, durations_within, run_length_s, shade_storm, stacked, tidy
from reports.figures.bands import charts_over_bands, end_with_bands, places
from reports.figures.drawing import Colour, Picture, Size, picture
from reports.records import Manifest
from reports.spans import duration

_SHORTEST_S = 0.001  # a logarithm has no place for zero
_QUANTILES = 200
_BINS = 120
_NAME_LENGTH_MAX = 16  # the legend must leave room for the plot, whatever a service calls its parts
_COLOURS = (Colour.ACCENT, Colour.GOOD, Colour.MUTED, Colour.INK)
_DASHES = ("-", "--", ":", "-.")  # told apart without colour, too


def time_to_heal(stretches: pd.DataFrame, strikes: pd.DataFrame, manifest: Manifest) -> Picture | None:
    """Return the figure, or None where nothing healed."""
    healed = stretches[stretches["healed_by"] != ""]
    if healed.empty:
        return None
    spans_s = (healed["until_s"] - healed["from_s"]).clip(lower=_SHORTEST_S)
    waits = {str(source): waits_s for source, waits_s in spans_s.groupby(healed["healed_by"])}
    never = len(stretches) - len(healed)

    def draw(figure: Figure, size: Size) -> None:
        bands = len(places(strikes))
        above, below = figure.subfigures(2, 1, squeeze=False, height_ratios=(1, 1 + 0.14 * bands))[:, 0]
        [shares] = stacked(above, [1], size)
        _plot(shares, waits, manifest)
        _name_lines(shares, size)
        charts, rest = charts_over_bands(below, [1], strikes, size)
        _plot_over_time(charts[0], healed, manifest)
        shade_storm(charts[0], manifest)
        end_with_bands(charts, rest, strikes, manifest, size)

    return picture(
        "heal",
        title="Time to heal",
        caption=(
            "The share of payments of which the service knew, by the time since the money moved and by who brought the "
            f"news{f'; {never:,} never healed' if never else ''}. "
            "Below it, how long it took by when the money moved; the storm is shaded."
        ),
        alt=(
            "Cumulative share of payments over the time until the service knew of them; half within "
            f"{duration(float(spans_s.median()))}, the slowest after {duration(float(spans_s.max()))}, where "
            f"{duration(float(manifest.final_within_s))} are promised; {never:,} never. {_brought(waits)}"
        ),
        rows=2 + bool(places(strikes)),
        draw=draw,
        layout=None,
    )


def _brought(waits: "dict[str, pd.Series[float]]") -> str:
    counts = ", ".join(f"{source} {len(waits_s):,}" for source, waits_s in sorted(waits.items()))
    return f"News brought by {counts}."


def _plot_over_time(axes: Axes, healed: pd.DataFrame, manifest: Manifest) -> None:
    width_s = run_length_s(manifest) / _BINS
    spans_s = (healed["until_s"] - healed["from_s"]).clip(lower=_SHORTEST_S)
    bins = spans_s.groupby(healed["from_s"] // width_s)
    for spans, colour, marker, label in (
        (bins.max(), Colour.MUTED, "^", "slowest"),
        (bins.median(), Colour.ACCENT, ".", "half within"),
    ):
        middles_s = (spans.index + 0.5) * width_s
        axes.plot(middles_s, spans, color=colour, linestyle="", marker=marker, markersize=4, label=label)
    axes.set_yscale("log")
    axes.set_ylim(float(spans_s.min()) / 1.5, float(spans_s.max()) * 1.5)
    axes.yaxis.set_major_locator(FixedLocator(durations_within(float(spans_s.min()), float(spans_s.max()))[-5:]))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda span_s, _: duration(span_s)))
    axes.legend(frameon=False, loc="lower right", labelcolor=Colour.INK, bbox_to_anchor=(1, 1), ncols=2)
    tidy(axes)


def _plot(axes: Axes, waits: "dict[str, pd.Series[float]]", manifest: Manifest) -> None:
    shares = [step / _QUANTILES for step in range(_QUANTILES + 1)]
    # The worker comes first and gets the strongest line: it is what heals when nothing else does.
    by_source = sorted(waits.items(), key=lambda item: (item[0] != "worker", item[0]))
    for position, (source, waits_s) in enumerate(by_source):
        label, colour, dashes = (
            f"{source[:_NAME_LENGTH_MAX]} ({len(waits_s):,})",
            _COLOURS[position % 4],
            _DASHES[position % 4],
        )
        quantiles = waits_s.quantile(shares)
        axes.step(quantiles, shares, where="post", label=label, linewidth=1.8, color=colour, linestyle=dashes)
    promised_s = float(manifest.final_within_s)
    axes.axvline(promised_s, color=Colour.BAD, linewidth=1)
    axes.annotate("promise", (promised_s, 0), xytext=(-4, 4), textcoords="offset points", ha="right", color=Colour.BAD)
    axes.set_ylim(0, 1.03)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{share:.0%}"))
    shortest_s = min(float(waits_s.min()) for waits_s in waits.values())
    longest_s = max(float(waits_s.max()) for waits_s in waits.values())
    durations(axes, shortest_s=shortest_s, longest_s=max(longest_s, promised_s))
    tidy(axes)


def _name_lines(axes: Axes, size: Size) -> None:
    columns = 4 if size.is_wide else 2
    axes.legend(frameon=False, loc="lower right", labelcolor=Colour.INK, bbox_to_anchor=(1, 1), ncols=columns)
