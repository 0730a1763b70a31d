"""How long customers waited for answers, and how often they never got a certain one."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from reports.figures.axes import run_length_s, shade_storm, tidy
from reports.figures.bands import charts_over_bands, end_with_bands, places
from reports.figures.drawing import Colour, Picture, Size, picture
from reports.records import Manifest, Outcome
from reports.spans import duration

_BINS = 120
_TICKS_S = tuple(first * 10.0**power for power in range(-4, 5) for first in (1, 3))


def waiting(requests: pd.DataFrame, strikes: pd.DataFrame, manifest: Manifest) -> Picture | None:
    """Return the figure, or None where nobody was answered."""
    answered = requests.dropna(subset=["latency_s"])
    if answered.empty:
        return None
    unknown = requests[requests["outcome"] == Outcome.UNKNOWN]
    width_s = run_length_s(manifest) / _BINS

    def draw(figure: Figure, size: Size) -> None:
        charts, below = charts_over_bands(figure, [1, 0.5], strikes, size)
        _plot_latency(charts[0], answered, width_s)
        _plot_unknown(charts[1], unknown, width_s)
        for axes in charts:
            shade_storm(axes, manifest)
        end_with_bands(charts, below, strikes, manifest, size)

    typical_s, slow_s, slowest_s = (float(answered["latency_s"].quantile(share)) for share in (0.5, 0.95, 1))
    return picture(
        "waiting",
        title="How long customers waited",
        caption=(
            "The time from a request to its answer, and below it the requests whose outcome their customer never "
            "learned. The storm is shaded."
        ),
        alt=(
            f"Latency of customers' requests over the run: half within {duration(typical_s)}, 95 % within "
            f"{duration(slow_s)}, the slowest after {duration(slowest_s)}; {len(unknown):,} of {len(requests):,} "
            "requests have an unknown outcome."
        ),
        rows=2 + bool(places(strikes)),
        draw=draw,
        layout=None,
    )


def _plot_latency(axes: Axes, answered: pd.DataFrame, width_s: float) -> None:
    bins = answered.groupby(answered["asked_s"] // width_s)["latency_s"]
    half, most = bins.quantile(0.5).astype(float), bins.quantile(0.95).astype(float)
    middles_s = (half.index + 0.5) * width_s
    axes.plot(middles_s, most, color=Colour.MUTED, linewidth=1.2, linestyle="--", label="95 % within")
    axes.plot(middles_s, half, color=Colour.ACCENT, linewidth=1.6, marker=".", markersize=3, label="half within")
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(
        FixedLocator([tick_s for tick_s in _TICKS_S if half.min() / 2 < tick_s < most.max() * 2])
    )
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda latency_s, _: duration(latency_s)))
    axes.legend(frameon=False, loc="lower right", labelcolor=Colour.INK, bbox_to_anchor=(1, 1), ncols=2)
    tidy(axes)


def _plot_unknown(axes: Axes, unknown: pd.DataFrame, width_s: float) -> None:
    counts = unknown.groupby(unknown["asked_s"] // width_s).size()
    axes.bar(counts.index * width_s, counts, width=width_s, align="edge", color=Colour.BAD, linewidth=0)
    axes.set_title("outcome unknown, requests", loc="left", color=Colour.INK)
    axes.set_ylim(bottom=0, top=max(counts.max() if len(counts) else 0, 1) * 1.1)
    axes.yaxis.set_major_locator(MaxNLocator(2, integer=True))
    tidy(axes)
