"""Processes that die, as data."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

type Seconds = Annotated[float, Field(ge=0, le=366 * 86_400)]
type Span = tuple[Seconds, Seconds]


class Crash(BaseModel):
    """Every process of one kind is killed with SIGKILL again and again while the storm lasts.

    Entitlement: a sound service loses nothing that it has acknowledged. What a killed process held is taken over once
    its lease has run out.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    process: Literal["service", "worker"]
    every_s: Span  # between a start and the next death
    down_s: Span  # between a death and the next start
