"""State flow: how many payments were in which state, moment by moment."""

from types import MappingProxyType

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from reports.figures.axes import run_length_s, shade_storm, tidy
from reports.figures.bands import charts_over_bands, end_with_bands, places
from reports.figures.drawing import Colour, Picture, Size, picture
from reports.records import Manifest, PaymentState
from reports.spans import moment

_BINS = 240
_ON_THEIR_WAY = MappingProxyType({PaymentState.PROCESSING.value: Colour.ACCENT, PaymentState.CREATED.value: Colour.INK})
_FINAL = MappingProxyType(
    {
        PaymentState.SUCCESS.value: Colour.GOOD,
        PaymentState.REFUNDED.value: Colour.MUTED,
        PaymentState.FAILED.value: Colour.BAD,
    }
)


def state_flow(steps: pd.DataFrame, strikes: pd.DataFrame, manifest: Manifest) -> Picture | None:
    """Return the figure, or None where nobody knows which payment was in which state."""
    if steps.empty:
        return None
    levels = _levels(steps, run_length_s(manifest))

    def draw(figure: Figure, size: Size) -> None:
        charts, below = charts_over_bands(figure, [0.7, 1], strikes, size)
        _plot(charts[0], {state: levels[state] for state in levels if state not in _FINAL}, "on their way", size)
        _plot(charts[1], {state: levels[state] for state in levels if state in _FINAL}, "come to rest", size)
        for axes in charts:
            shade_storm(axes, manifest)
        end_with_bands(charts, below, strikes, manifest, size)

    unfinished = levels.get(PaymentState.PROCESSING.value, pd.Series([0.0], index=[0.0]))
    ends = ", ".join(f"{int(level.iloc[-1]):,} {state}" for state, level in levels.items() if level.iloc[-1])
    return picture(
        "flow",
        title="State flow",
        caption=(
            "How many payments were in which state: above those on their way, which must become none after the storm, "
            "which is shaded; below those that came to rest."
        ),
        alt=(
            f"Payments by state over the run: at most {int(unfinished.max()):,} were PROCESSING at once, around "
            f"{moment(float(unfinished.index[int(unfinished.argmax())]))}; at the end {ends or 'none'}."
        ),
        rows=2 + bool(places(strikes)),
        draw=draw,
        layout=None,
    )


def _levels(steps: pd.DataFrame, length_s: float) -> "dict[str, pd.Series[float]]":
    """Return by state, in the order in which they are stacked, how many payments are in it at the end of each bin."""
    edges = np.linspace(0, length_s, _BINS + 1)
    bins = np.clip(np.searchsorted(edges, steps["at_s"].to_numpy(), side="left"), 0, _BINS)
    states = [*_ON_THEIR_WAY, *_FINAL, *sorted(set(steps["to_state"]) - {*_ON_THEIR_WAY, *_FINAL})]
    return {
        state: pd.Series(
            np.cumsum(_counts(bins, steps["to_state"] == state) - _counts(bins, steps["from_state"] == state)),
            index=edges,
        ).clip(lower=0)
        for state in states
        if (steps["to_state"] == state).any()
    }


def _counts(
    bins: "np.ndarray[tuple[int], np.dtype[np.int64]]", chosen: "pd.Series[bool]"
) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    return np.bincount(bins[chosen.to_numpy()], minlength=_BINS + 1)


def _plot(axes: Axes, levels: "dict[str, pd.Series[float]]", title: str, size: Size) -> None:
    colours = {**_ON_THEIR_WAY, **_FINAL}
    axes.set_title(title, loc="left", color=Colour.INK)
    axes.yaxis.set_major_locator(MaxNLocator(3, integer=True))
    tidy(axes)
    if not levels:
        return
    changing = _changing(pd.DataFrame(levels))
    axes.stackplot(
        changing.index,
        *(changing[state] for state in changing),
        labels=[str(state)[:12] for state in changing],
        colors=[colours.get(str(state), Colour.LINE) for state in changing],
        step="post",
        alpha=0.8,
        linewidth=0,
    )
    columns = 5 if size.is_wide else 3
    axes.legend(
        frameon=False,
        handlelength=0.9,
        handletextpad=0.4,
        columnspacing=0.8,
        loc="lower right",
        labelcolor=Colour.INK,
        bbox_to_anchor=(1, 1),
        ncols=columns,
    )
    axes.set_ylim(0, max(float(changing.sum(axis=1).max()), 1) * 1.05)


def _changing(levels: pd.DataFrame) -> pd.DataFrame:
    """Leave out moments in which nothing changed, but for the last."""
    changed = levels.diff().fillna(1).ne(0).any(axis=1)
    changed.iloc[-1] = True
    return levels[changed]
