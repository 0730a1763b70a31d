"""The page of a comparison."""

from reports.comparison.changes import Turn
from reports.comparison.compare import Comparison
from reports.comparison.figures import draw_timings
from reports.figures.drawing import Picture
from reports.rendering import page_environment, style

_SETTINGS_MAX = 200  # two wholly different plans have hundreds; nobody reads more


def render_comparison(comparison: Comparison) -> str:
    """Return the page of two runs, side by side."""
    names = (comparison.sides[0].name, comparison.sides[1].name)
    environment = page_environment()
    environment.filters |= {"percent": _percent, "points": _points, "amount": "{:,.10g}".format}
    return environment.get_template("comparison.html.jinja").render(
        style=style("report.css", "overview.css"),
        validity=comparison.validity,
        headline=comparison.headline,
        lead=comparison.lead,
        comparison=comparison,
        names=names,
        turns=Turn,
        pictures=pictures(comparison),
        settings=comparison.settings[:_SETTINGS_MAX],
    )


def pictures(comparison: Comparison) -> tuple[Picture, ...]:
    """Return the figures, as far as both runs have something to draw."""
    return draw_timings(comparison.timings, (comparison.sides[0].name, comparison.sides[1].name))


def _percent(share: float | None) -> str:
    return "not known" if share is None else f"{share * 100:.3g}\N{NO-BREAK SPACE}%"


def _points(difference: float) -> str:
    """Return a difference of shares with its sign, as typographers write it."""
    return f"{difference * 100:+.1f}".replace("-", "\N{MINUS SIGN}")
