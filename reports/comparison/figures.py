"""The figures of a comparison: how long things took, one line a run."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from reports.comparison.timings import HEAL, Timing
from reports.figures.axes import durations, tidy
from reports.figures.drawing import Colour, Picture, Size, picture
from reports.spans import duration

_SHORTEST_S = 0.001  # a logarithm has no place for zero
_STEPS = 200
_LINES = ((Colour.ACCENT, "-"), (Colour.BAD, "--"))  # told apart without colour, too
_LABELS = ("first", "second")
_TICKS_MIN = 3  # fewer say nothing about the distance between them
_LADDER_S = tuple(step * 10.0**power for power in range(-3, 6) for step in (1, 2, 5))


def draw_timings(timings: Sequence[Timing], names: tuple[str, str]) -> tuple[Picture, ...]:
    """Return a figure for the time to heal and one for the answers to payments, where both runs have some."""
    wanted = [timing for timing in timings if timing.name == HEAL or timing.name.startswith("Answer to a payment")]
    return tuple(_picture(timing, names) for timing in wanted if all(timing.samples))


def _picture(timing: Timing, names: tuple[str, str]) -> Picture:
    shortest_s, longest_s = (max(find(map(find, timing.samples)), _SHORTEST_S) for find in (min, max))

    def draw(figure: Figure, size: Size) -> None:
        axes = figure.subplots()
        for label, name, sample, line in zip(_LABELS, names, timing.samples, _LINES, strict=True):
            shown = f"{label}: {name[:28]} ({len(sample):,})" if size.is_wide else f"{label} ({len(sample):,})"
            _plot(axes, sample, shown, line)
        durations(axes, shortest_s=shortest_s, longest_s=longest_s)
        if len(axes.get_xticks()) < _TICKS_MIN:
            axes.set_xticks([tick_s for tick_s in _LADDER_S if shortest_s / 1.3 <= tick_s <= longest_s * 1.3])
        axes.set_ylim(0, 1.03)
        axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{share:.0%}"))
        tidy(axes)
        axes.legend(frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncols=2, labelcolor=Colour.INK)

    medians = ", ".join(duration(sample[len(sample) // 2]) for sample in timing.samples)
    return picture(
        "compare-heal" if timing.name == HEAL else "compare-answers",
        title=timing.name,
        caption=(
            "The share that took so long or less, in each run. Left and above is quicker."
            f"{' What never healed is not in it.' if timing.name == HEAL else ''}"
        ),
        alt=f"{timing.name}: cumulative shares of both runs over the time; half within {medians}.",
        rows=1,
        draw=draw,
    )


def _plot(axes: Axes, sample: Sequence[float], label: str, line: tuple[Colour, str]) -> None:
    count = len(sample)
    # Of a large sample so many steps are enough for the eye; the last one is always there.
    ranks = sorted({min(-(-count * step // _STEPS), count) for step in range(1, _STEPS + 1)})
    across = [max(sample[0], _SHORTEST_S), *(max(sample[rank - 1], _SHORTEST_S) for rank in ranks)]
    shares = [0.0, *(rank / count for rank in ranks)]
    axes.step(across, shares, where="post", label=label, color=line[0], linestyle=line[1], linewidth=1.8)
