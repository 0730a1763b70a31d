"""How much memory and how many descriptors each process had: whoever grows for ever is seen at once."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from reports.figures.axes import run_time, shade_storm, stacked, tidy
from reports.figures.drawing import Colour, Picture, Size, picture
from reports.records import Manifest

_CHARTS: Mapping[str, str] = {"memory_mib": "memory of its own, MiB", "descriptors": "open descriptors"}
_LOUD = (Colour.ACCENT, Colour.INK)  # of those at the top, who have a name in the picture; all are told in words


def resources(samples: pd.DataFrame, manifest: Manifest) -> Picture | None:
    """Return the figure, or None where nobody looked."""
    if samples.empty:
        return None

    def draw(figure: Figure, size: Size) -> None:
        charts = stacked(figure, [1, 0.7], size)
        for axes, (column, title) in zip(charts, _CHARTS.items(), strict=True):
            _plot(axes, samples, column, title)
            shade_storm(axes, manifest)
        run_time(charts[-1], manifest, size)

    return picture(
        "resources",
        title="What the processes took",
        caption=(
            "The memory that each process has allocated itself and its open descriptors, looked up every second of the "
            "storm, which is shaded; PostgreSQL with its backends as one. A line begins anew with each life."
        ),
        alt="From the first look to the last: " + "; ".join(_told(samples)) + ".",
        rows=2,
        draw=draw,
        layout=None,
    )


def _plot(axes: Axes, samples: pd.DataFrame, column: str, title: str) -> None:
    highest = samples.groupby("process")[column].max().sort_values(ascending=False)
    for rank, process in enumerate(highest.index):
        is_loud = rank < len(_LOUD)
        lives = [life for _, life in samples[samples["process"] == process].groupby("pid", sort=False)]
        for number, life in enumerate(lives):
            axes.plot(
                life["at_s"],
                life[column],
                color=_LOUD[rank] if is_loud else Colour.MUTED,
                linewidth=1.4 if is_loud else 0.9,
                label=process if is_loud and number == 0 else "_nameless",
            )
    axes.set_title(title, loc="left", color=Colour.INK)
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.legend(frameon=False, loc="lower right", labelcolor=Colour.INK, bbox_to_anchor=(1, 1), ncols=len(_LOUD))
    tidy(axes)


def _told(samples: pd.DataFrame) -> list[str]:
    """Return what became of each process, in words."""
    return [
        f"{process} {own['memory_mib'].iloc[0]:.0f} to {own['memory_mib'].iloc[-1]:.0f} MiB, "
        f"{own['descriptors'].iloc[0]} to {own['descriptors'].iloc[-1]} descriptors"
        for process, own in samples.groupby("process")
    ]
