"""When customers come: at any moment of the storm, or mostly when a profile says so."""

from random import Random
from typing import Annotated

from pydantic import AfterValidator, Field

PARTS_MAX = 1_000


def _somebody_comes(profile: tuple[float, ...]) -> tuple[float, ...]:
    if profile and not any(profile):
        raise ValueError("nobody would ever come; one part at least must be above 0")
    return profile


type Profile = Annotated[
    tuple[Annotated[float, Field(ge=0, le=1e6)], ...], Field(max_length=PARTS_MAX), AfterValidator(_somebody_comes)
]
"""The load in each of so many equal parts of the storm, in relation to the others; empty: evenly."""


def draw_moment(draw: Random, *, storm_s: float, profile: tuple[float, ...]) -> float:
    """Return a moment of the storm, in seconds since it began."""
    if not profile:
        return draw.uniform(0, storm_s)
    part_s = storm_s / len(profile)
    part = draw.choices(range(len(profile)), profile)[0]
    return draw.uniform(part * part_s, (part + 1) * part_s)
