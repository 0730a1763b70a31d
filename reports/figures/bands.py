"""When faults bit: a band for each place, below a chart that shares its time."""

from collections.abc import Sequence
from itertools import groupby

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.ticker import FixedLocator

from reports.figures.axes import run_length_s, run_time, stacked
from reports.figures.drawing import Colour, Size
from reports.records import Manifest

_BINS = 240
_PLACES_MAX = 6  # of them those where most bit
_HEIGHT = 0.14  # of one band, beside a chart of height 1


def places(strikes: pd.DataFrame) -> list[str]:
    """Return where faults bit, the most afflicted place first."""
    counts = strikes["where"].value_counts().rename_axis("place").reset_index(name="count")
    ranked = counts.sort_values(["count", "place"], ascending=[False, True])
    return [str(place) for place in ranked["place"][:_PLACES_MAX]]


def charts_over_bands(
    figure: Figure | SubFigure, heights: Sequence[float], strikes: pd.DataFrame, size: Size
) -> tuple[list[Axes], Axes | None]:
    """Return charts of these heights that share their time, and below them room for the bands where faults bit."""
    bands = len(places(strikes))
    axes = stacked(figure, [*heights, *([_HEIGHT * bands] if bands else [])], size)
    return axes[: len(heights)], axes[-1] if bands else None


def end_with_bands(
    charts: Sequence[Axes], below: Axes | None, strikes: pd.DataFrame, manifest: Manifest, size: Size
) -> None:
    """Draw the bands, and the axis of time below all."""
    if below is not None:
        fault_bands(below, strikes, manifest, size)
    run_time(charts[-1] if below is None else below, manifest, size)


def fault_bands(axes: Axes, strikes: pd.DataFrame, manifest: Manifest, size: Size) -> None:
    """Draw a band for each place in which faults bit; the number says how often."""
    width_s = run_length_s(manifest) / _BINS
    names = places(strikes)
    for row, place in enumerate(names):
        times_s = strikes.loc[strikes["where"] == place, "at_s"].to_numpy()
        # One bar for all neighbouring moments: a storm has more bites than a page has room for.
        hit = np.unique((times_s // width_s).astype(int))
        spans = [
            (float(run[0][1] * width_s), float(len(run) * width_s))
            for _, group in groupby(enumerate(hit), key=lambda pair: int(pair[1]) - pair[0])
            if (run := list(group))
        ]
        axes.broken_barh(spans, (row - 0.32, 0.64), color=Colour.MUTED, alpha=0.6, linewidth=0)
    axes.set_ylim(len(names) - 0.4, -0.6)
    counts = strikes["where"].value_counts()
    axes.yaxis.set_major_locator(FixedLocator(list(range(len(names)))))
    axes.set_yticklabels([f"{name[:10]} ({counts[name]:,})" if size.is_wide else name[:8] for name in names])
    axes.set_title("faults that bit, by place", loc="left", color=Colour.INK)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(length=0)
