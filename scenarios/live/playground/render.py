"""The page's templates, filled as those of the PSP's page are: everything escaped, nothing invisible."""

from datetime import datetime
from functools import cache
from pathlib import Path

from jinja2 import Environment

from psp_chaos.control.page.render import environment

_TEMPLATES = Path(__file__).parent / "templates"


def render(template: str, **context: object) -> str:
    """Fill a template."""
    return _environment().get_template(template).render(**context)


@cache
def _environment() -> Environment:
    made = environment(_TEMPLATES)
    made.filters |= {"clock": _clock, "pause": _pause}
    return made


def _clock(at: datetime) -> str:
    """Write the time of day to the second."""
    return f"{at:%H:%M:%S}"


def _pause(seconds: float) -> str:
    """Write how long something took, as roughly as a person would."""
    return f"{seconds * 1_000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
