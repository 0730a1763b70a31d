"""The figures of a sweep: the chance of a finding over the number of seeds, and over the time within a run."""

from collections.abc import Callable, Iterable, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from reports.campaign.chances import Chance
from reports.figures.axes import elapsed, tidy
from reports.figures.drawing import Colour, Picture, Size, picture
from reports.spans import duration
from reports.statistics import found_among, found_within, share_interval

_LINES_MAX = 3  # a fourth band would hide the others
_COLOURS = (Colour.BAD, Colour.ACCENT, Colour.INK)
_DASHES = ("-", "--", ":")  # told apart without colour, too
_NAME_LENGTH_MAX = 22
_POINTS = 60
_RARE = ((0.1, "1 run in 10"), (0.01, "1 in 100"), (0.001, "1 in 1,000"))
_SEEDS_SHOWN_MIN = 3_000  # by then even one in a thousand shows


def over_seeds(by_scenario: Sequence[Chance], all_runs: Chance) -> Picture | None:
    """Return the figure, or None where nothing was settled: what was found, or what would have been."""
    if not all_runs.settled:
        return None
    if not all_runs.found:
        return _unseen_over_seeds(by_scenario, all_runs)
    return _found_over_seeds([chance for chance in by_scenario if chance.found] or [all_runs])


def over_time(by_scenario: Sequence[Chance], all_runs: Chance) -> Picture | None:
    """Return the figure, or None where no invariant broke."""
    if not all_runs.breaches_s or not all_runs.settled:
        return None
    broken = [chance for chance in by_scenario if chance.breaches_s] or [all_runs]
    shown = broken[:_LINES_MAX]

    def draw(figure: Figure, size: Size) -> None:
        axes = figure.subplots()
        end_s = max(chance.breaches_s[-1] for chance in shown) * 1.08
        for position, chance in enumerate(shown):
            _plot_steps(axes, chance, position=position, end_s=end_s)
        elapsed(axes, end_s, size)
        _shares(axes, size)

    first_s, last_s = all_runs.breaches_s[0], all_runs.breaches_s[-1]
    return picture(
        "over-time",
        title="How far into a run it breaks",
        caption=(
            "The share of runs in which an invariant had broken by then, in the run's own time, with the exact 95 % "
            f"interval at each moment.{_of_most(broken)} Every run is watched to its end, so a run that did not break "
            "stays below for good."
        ),
        alt=f"Share of runs broken over the time within a run; the first after {duration(first_s)}, the last after "
        f"{duration(last_s)}.",
        rows=1,
        draw=draw,
    )


def _found_over_seeds(broken: Sequence[Chance]) -> Picture:
    shown = broken[:_LINES_MAX]

    def draw(figure: Figure, size: Size) -> None:
        axes = figure.subplots()
        for position, chance in enumerate(shown):
            _plot_found(axes, chance, position=position)
        _seeds(axes, max(chance.settled for chance in shown), size)
        _shares(axes, size, top=1.03)

    told = "; ".join(f"{chance.scenario}: {chance.found:,} of {chance.settled:,} runs" for chance in shown)
    return picture(
        "over-seeds",
        title="How many seeds it takes",
        caption=(
            "The chance that so many seeds, picked from those that were tried, have a finding among them; the band is "
            f"what the exact 95 % interval of the chance per run leaves open.{_of_most(broken)}"
        ),
        alt=f"Chance of at least one finding over the number of seeds. {told}.",
        rows=1,
        draw=draw,
    )


def _unseen_over_seeds(by_scenario: Iterable[Chance], all_runs: Chance) -> Picture:
    counts = {chance.settled for chance in by_scenario if chance.settled} or {all_runs.settled}
    marks = {"tried of each": min(counts), "tried in all": all_runs.settled}

    def draw(figure: Figure, size: Size) -> None:
        axes, last = figure.subplots(), max(_SEEDS_SHOWN_MIN, round(all_runs.settled * 1.3))
        for (share, name), colour, dashes in zip(_RARE, _COLOURS, _DASHES, strict=True):
            seeds = _counts(last)
            found = [found_within(count, share) for count in seeds]
            axes.plot(seeds, found, label=name, color=colour, linestyle=dashes, linewidth=1.8)
        _mark(axes, marks if len(set(marks.values())) > 1 else {"tried": all_runs.settled})
        _seeds(axes, last, size)
        _shares(axes, size, top=1.03)

    return picture(
        "over-seeds",
        title="What would have been found",
        caption=(
            "Nothing was found, so this is what so many seeds find of a bug that breaks one run in ten, in a hundred, "
            "in a thousand of a scenario. The upright lines are the runs of this sweep."
        ),
        alt="Chance that so many seeds find a bug that breaks one run in 10, in 100 and in 1,000; "
        f"{all_runs.settled:,} runs were tried.",
        rows=1,
        draw=draw,
    )


def _plot_found(axes: Axes, chance: Chance, *, position: int) -> None:
    seeds = _counts(chance.settled)
    band = [[found_within(count, share) for count in seeds] for share in chance.interval]
    line = [found_among(count, total=chance.settled, found=chance.found) for count in seeds]
    _plot_banded(axes.plot, axes, (seeds, line, band), name=_name(chance), position=position)


def _plot_steps(axes: Axes, chance: Chance, *, position: int, end_s: float) -> None:
    broken = [*range(0, chance.found, max(chance.found // _POINTS, 1)), chance.found, chance.found]
    times_s = [0.0, *(chance.breaches_s[count - 1] for count in broken[1:-1]), end_s]
    line = [count / chance.settled for count in broken]
    intervals = [share_interval(count, chance.settled) for count in broken]
    band = [[interval.low for interval in intervals], [interval.high for interval in intervals]]
    _plot_banded(axes.step, axes, (times_s, line, band), name=_name(chance), position=position, where="post")


def _plot_banded(
    draw: Callable[..., object],
    axes: Axes,
    points: tuple[Sequence[float], Sequence[float], Sequence[Sequence[float]]],
    *,
    name: str,
    position: int,
    where: str | None = None,
) -> None:
    across, line, (low, high) = points
    colour, dashes, stepped = _COLOURS[position], _DASHES[position], {} if where is None else {"where": where}
    steps: dict[str, object] = {} if where is None else {"step": where}
    axes.fill_between(across, low, high, color=colour, alpha=0.11, linewidth=0, **steps)  # type: ignore[arg-type]  # the stubs know no other way to pass it
    draw(across, line, label=name, color=colour, linestyle=dashes, linewidth=1.8, **stepped)


def _name(chance: Chance) -> str:
    return f"{chance.scenario[:_NAME_LENGTH_MAX]} ({chance.found:,} of {chance.settled:,})"


def _of_most(broken: Sequence[Chance]) -> str:
    return f" The {_LINES_MAX} scenarios that broke most, of {len(broken)}." if len(broken) > _LINES_MAX else ""


def _mark(axes: Axes, marks: dict[str, int]) -> None:
    # Upright along its line, and at heights where the curves are not.
    for (name, count), height in zip(marks.items(), (0.58, 0.24), strict=False):
        axes.axvline(count, color=Colour.MUTED, linewidth=1)
        told = f"{name}: {count:,}"
        axes.annotate(
            told,
            (count, height),
            xytext=(-3, 0),
            textcoords="offset points",
            ha="right",
            va="center",
            rotation=90,
            color=Colour.MUTED,
        )


def _counts(last: int) -> list[int]:
    """Return whole numbers from 1 to the last one, evenly spaced on a logarithmic axis."""
    return sorted({round(last ** (step / _POINTS)) for step in range(_POINTS + 1)})


def _seeds(axes: Axes, last: int, size: Size) -> None:
    axes.set_xscale("log")
    axes.set_xlim(0.95, max(last, 2) * 1.05)
    decades = [10**power for power in range(len(str(last)))]
    ticks = decades if last > 30 else [count for count in (1, 2, 3, 5, 10, 20, 30) if count <= max(last, 2)]  # noqa: PLR2004 - below, decades alone are too few
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda count, _: f"{count:,.0f}"))
    axes.set_xlabel("seeds tried" if size.is_wide else "seeds")


def _shares(axes: Axes, size: Size, *, top: float | None = None) -> None:
    axes.set_ylim(0, top)
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{share * 100:.3g} %"))
    tidy(axes)
    axes.legend(
        frameon=False,
        loc="lower left",
        bbox_to_anchor=(0, 1),
        ncols=3 if size.is_wide else 1,
        labelcolor=Colour.INK,
        borderaxespad=0.2,
        handlelength=1.8,
    )
