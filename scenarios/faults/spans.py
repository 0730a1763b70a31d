"""Spans of seconds, `[low, high]`, from which durations are drawn."""

from typing import Annotated

from pydantic import AfterValidator, Field

type Seconds = Annotated[float, Field(ge=0, le=366 * 86_400)]
type SignedSeconds = Annotated[float, Field(ge=-366 * 86_400, le=366 * 86_400)]
type Share = Annotated[float, Field(ge=0, le=1)]


def ordered(span: tuple[float, float]) -> tuple[float, float]:
    """Return a span that goes from low to high, and refuse any other."""
    low_s, high_s = span
    if low_s > high_s:
        raise ValueError(f"a span goes from low to high, not from {low_s:g} to {high_s:g}")
    return span


type Span = Annotated[tuple[Seconds, Seconds], AfterValidator(ordered)]
type SignedSpan = Annotated[tuple[SignedSeconds, SignedSeconds], AfterValidator(ordered)]
