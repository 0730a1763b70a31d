"""What the axes of several figures have in common."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from reports.figures.drawing import Colour, Size
from reports.records import Manifest
from reports.spans import axis_unit, duration

_MICROSECONDS = 1_000_000
_DURATIONS_S = (1e-3, 1e-2, 0.1, 1.0, 10.0, 60.0, 600.0, 3_600.0, 21_600.0, 86_400.0, 604_800.0)


def stacked(figure: Figure | SubFigure, heights: Sequence[float], size: Size) -> list[Axes]:
    """Return charts of these relative heights, one below the other, that share their time.

    The room for what stands beside them is measured out in inches; that is much cheaper than to draw and measure it.
    """
    top, gap, bottom = (0.36, 0.36, 0.5) if size.is_wide else (0.5, 0.5, 0.46)
    left, right = (1.15, 0.1) if size.is_wide else (0.82, 0.08)
    height = figure.bbox.height / figure.dpi
    mean = (height - top - bottom - gap * (len(heights) - 1)) / len(heights)
    place = {
        "left": left / size.width_inches,
        "right": 1 - right / size.width_inches,
        "top": 1 - top / height,
        "bottom": bottom / height,
        "hspace": gap / mean,
    }
    return list(
        figure.subplots(len(heights), 1, sharex=True, squeeze=False, height_ratios=list(heights), gridspec_kw=place)[
            :, 0
        ]
    )


def tidy(axes: Axes) -> None:
    """Leave out every line that carries no meaning."""
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(length=0)
    axes.grid(visible=True, axis="y", color=Colour.LINE, linewidth=0.7)
    axes.set_axisbelow(True)


def shade_storm(axes: Axes, manifest: Manifest) -> None:
    """Shade the time in which faults were on; the caption says so, since words in a plot cover what they explain."""
    storm_s = (manifest.storm_ended_at_us - manifest.started_at_us) / _MICROSECONDS
    axes.axvspan(0, storm_s, color=Colour.BAND, linewidth=0, zorder=0)


def run_time(axes: Axes, manifest: Manifest, size: Size) -> None:
    """Let the horizontal axis be the time since the run began."""
    elapsed(axes, run_length_s(manifest), size)


def elapsed(axes: Axes, length_s: float, size: Size) -> None:
    """Let the horizontal axis be time within a run, so many seconds of it."""
    unit, unit_s = axis_unit(length_s)
    axes.set_xlim(0, length_s)
    axes.xaxis.set_major_locator(_UnitLocator(unit_s, ticks=10 if size.is_wide else 4))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda seconds, _: f"{seconds / unit_s:g}"))
    axes.set_xlabel(f"{unit} since the run began")


def durations(axes: Axes, *, shortest_s: float, longest_s: float) -> None:
    """Let the horizontal axis be a stretch of time, from moments to days."""
    axes.set_xscale("log")
    axes.set_xlim(shortest_s / 1.3, longest_s * 1.3)
    axes.xaxis.set_major_locator(FixedLocator(durations_within(shortest_s, longest_s)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda seconds, _: duration(seconds)))


def durations_within(shortest_s: float, longest_s: float) -> list[float]:
    """Return the round stretches of time between these two, a little beyond them included."""
    return [tick_s for tick_s in _DURATIONS_S if shortest_s / 1.3 <= tick_s <= longest_s * 1.3]


def run_length_s(manifest: Manifest) -> float:
    """Return how long the run was; never zero, so that it can be divided."""
    return max((manifest.ended_at_us - manifest.started_at_us) / _MICROSECONDS, 1e-3)


class _UnitLocator(MaxNLocator):
    """Ticks at round numbers of minutes or hours, where the data is in seconds."""

    def __init__(self, unit_s: float, *, ticks: int) -> None:
        super().__init__(ticks)
        self._unit_s = unit_s

    def tick_values(self, vmin: float, vmax: float) -> list[float]:
        return [tick * self._unit_s for tick in super().tick_values(vmin / self._unit_s, vmax / self._unit_s)]
