"""A sequence diagram as an SVG file of its own, in the colours of the page by day."""

import re

from markupsafe import Markup

from reports.palette import day
from reports.rendering import page_environment, style
from reports.sequence import pixels
from reports.tales import Tale

_REFERENCE = re.compile(r"var\(--([a-z-]+)\)")


def story_svg(tale: Tale) -> bytes:
    """Return the wide diagram of a story; programs that draw SVG need no variables for it."""
    variables = day()
    sheet = _REFERENCE.sub(lambda reference: variables[reference[1]], style("sequence.css"))
    environment = page_environment()
    environment.filters["px"] = pixels
    text = environment.get_template("sequence-file.svg.jinja").render(
        diagram=tale.diagrams[0],
        title=tale.title,
        style=Markup(sheet),  # noqa: S704 - a file of ours
        paper=variables["paper"],
    )
    return text.encode()
