"""The figure of a kill matrix: how many of the defects so many seeds find."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from reports.figures.axes import tidy
from reports.figures.drawing import Colour, Picture, Size, picture
from reports.kill_matrix.shape import FOUND, KillMatrix


def found_by_seeds(matrix: KillMatrix) -> Picture | None:
    """Return the figure, or None where nothing was found."""
    taken = sorted(trial.seeds_tried for trial in matrix.with_state(FOUND))
    if not taken:
        return None
    last, wanted = max(trial.seeds_tried for trial in matrix.trials), len(matrix.trials)

    def draw(figure: Figure, size: Size) -> None:
        axes = figure.subplots()
        counts = [sum(seeds <= seed for seeds in taken) for seed in range(1, last + 1)]
        axes.bar(range(1, last + 1), counts, width=0.9, color=Colour.ACCENT, linewidth=0)
        axes.axhline(wanted, color=Colour.MUTED, linewidth=1)
        _label(axes, counts, wanted, size)

    return picture(
        "found-by-seeds",
        title="How many seeds it takes",
        caption=f"Of {wanted:,} defects, so many were found with so many seeds or fewer, each in its own habitat.",
        alt=f"Defects found over the number of seeds: {len(taken):,} of {wanted:,} within {last:,} seeds.",
        rows=1,
        draw=draw,
    )


def _label(axes: Axes, counts: list[int], wanted: int, size: Size) -> None:
    labelled = 12 if size.is_wide else 6
    for seed, count in enumerate(counts, start=1):
        if len(counts) <= labelled:
            axes.annotate(f"{count}", (seed, count), xytext=(0, 3), textcoords="offset points", ha="center")
    axes.set_ylim(0, wanted * 1.15)
    axes.set_xlim(0.4, max(len(counts) + 0.6, 5.6))
    axes.xaxis.set_major_locator(MaxNLocator(10 if size.is_wide else 5, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda seed, _: f"{seed:,.0f}"))
    axes.set_xlabel("seeds")
    tidy(axes)
