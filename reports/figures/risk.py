"""Money at risk: what the PSP had taken and the service did not know of, moment by moment."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from reports.figures.axes import run_length_s, shade_storm, tidy
from reports.figures.bands import charts_over_bands, end_with_bands, places
from reports.figures.drawing import Colour, Picture, Size, picture
from reports.records import Manifest
from reports.spans import moment

_CURRENCIES_MAX = 4  # of them the largest; currencies are never added up
_STEPS_MAX = 480
_BINS = 120  # enough for the width of a page, few enough for its size


def money_at_risk(stretches: pd.DataFrame, strikes: pd.DataFrame, manifest: Manifest) -> Picture | None:
    """Return the figure, or None where nobody knows when the service learned what."""
    if stretches.empty:
        return None
    sums = stretches.groupby("currency")["amount"].sum().sort_values(ascending=False)
    levels = {str(currency): _level(stretches, str(currency)) for currency in sums.index[:_CURRENCIES_MAX]}
    end_s = run_length_s(manifest)

    def draw(figure: Figure, size: Size) -> None:
        charts, below = charts_over_bands(figure, [1] * len(levels), strikes, size)
        for axes, (currency, level) in zip(charts, levels.items(), strict=True):
            _plot(axes, currency, level)
            shade_storm(axes, manifest)
        end_with_bands(charts, below, strikes, manifest, size)

    return picture(
        "risk",
        title="Money at risk",
        caption=(
            "What the PSP had taken while the service did not know it yet, and what the service believed in without "
            "the PSP having it. After the storm, which is shaded, it must come down to zero and stay there."
        ),
        alt="Money at risk over the run. " + " ".join(_told(name, level, end_s) for name, level in levels.items()),
        rows=len(levels) + bool(places(strikes)),
        draw=draw,
        layout=None,
    )


def _told(currency: str, level: "pd.Series[float]", end_s: float) -> str:
    """Return in words how high it rose, and whether it came down for good."""
    peak = (
        f"{currency} {level.max():,.10g} at its highest, {moment(float(level.index[int(level.argmax())]))} into the run"
    )
    # What nobody ever learned ends with the run, and so falls at its very end.
    before_end = level[level.index < end_s]
    left = float(before_end.iloc[-1]) if len(before_end) else 0.0
    if left:
        return f"{peak}, and {left:,.10g} still at the end."
    return (
        f"{peak}, and nothing after {moment(float(level[level > 0].index.max()))}." if (level > 0).any() else f"{peak}."
    )


def _plot(axes: Axes, currency: str, level: "pd.Series[float]") -> None:
    axes.fill_between(level.index, level, step="post", color=Colour.BAD, alpha=0.2, linewidth=0)
    axes.step(level.index, level, where="post", color=Colour.BAD, linewidth=1.2)
    axes.set_title(currency, loc="left", color=Colour.INK)
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_locator(MaxNLocator(3))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda amount, _: f"{amount:,g}"))
    tidy(axes)


def _level(stretches: pd.DataFrame, currency: str) -> "pd.Series[float]":
    """Return the money at risk as a step function of time."""
    mine = stretches[stretches["currency"] == currency]
    rises = pd.Series(mine["amount"].array, index=mine["from_s"])
    falls = pd.Series(-mine["amount"].array, index=mine["until_s"])
    level = pd.concat([rises, falls]).groupby(level=0).sum().sort_index().cumsum()
    # Sums of floats leave dust, and dust at zero would look like money.
    return _thinned(level.round(6).clip(lower=0))


def _thinned(level: "pd.Series[float]") -> "pd.Series[float]":
    """Keep the peaks of a step function that has more steps than a page has room for."""
    if len(level) <= _STEPS_MAX:
        return level
    first_s = level.index[0]
    width_s = (level.index[-1] - first_s) / _BINS
    bins = level.groupby(((level.index - first_s) // width_s).astype(int))
    # Each bin shows its highest level and hands its last one on to the next.
    peaks = bins.max().rename(lambda number: first_s + number * width_s)
    lasts = bins.last().rename(lambda number: first_s + (number + 0.9) * width_s)
    return pd.concat([peaks, lasts]).sort_index()
