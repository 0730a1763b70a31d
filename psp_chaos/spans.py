"""A span of seconds, `[low, high]`, from which durations are drawn."""

from random import Random
from typing import Annotated

from pydantic import AfterValidator, Field

type Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]


def _ordered(span: tuple[float, float]) -> tuple[float, float]:
    low_s, high_s = span
    if low_s > high_s:
        raise ValueError(f"a span goes from low to high, not from {low_s} to {high_s}")
    return span


type Span = Annotated[tuple[Seconds, Seconds], AfterValidator(_ordered)]


def draw_s(span: tuple[float, float], random: Random) -> float:
    """Draw a duration within the span, each as likely as any other."""
    low_s, high_s = span
    return random.uniform(low_s, high_s)
