"""The clock, where the provider stands alone."""

from typing import Annotated, TypedDict

from pydantic import Field

from psp_chaos.control.actions import Action
from psp_chaos.control.asked import Asked, Model, Nothing
from psp_chaos.control.plant import Plant
from psp_chaos.standing_clock import ADVANCE_S_MAX


class Advance(Model):
    """How far."""

    seconds: Annotated[float, Field(gt=0, le=ADVANCE_S_MAX, allow_inf_nan=False)]


class ClockReading(TypedDict):
    """How the clock stands."""

    now_us: int
    frozen: bool
    adjustable: bool  # false: this provider does not stand alone


class Advanced(ClockReading):
    """How the clock stands after it was moved."""

    happened: int  # what was due on the way


def reading(plant: Plant) -> ClockReading:
    """Read the clock."""
    adjustable = plant.has_standing_clock
    frozen = adjustable and plant.standing_clock.is_frozen
    return {"now_us": plant.clock.now_us(), "frozen": frozen, "adjustable": adjustable}


async def show_clock(asked: Asked[Nothing, None]) -> ClockReading:
    """Tell the time."""
    return reading(asked.plant)


async def freeze(asked: Asked[Nothing, None]) -> ClockReading:
    """Stop the time: nothing happens by itself any more."""
    asked.plant.freeze()
    return reading(asked.plant)


async def resume(asked: Asked[Nothing, None]) -> ClockReading:
    """Let the time run on from where it stands."""
    asked.plant.unfreeze()
    return reading(asked.plant)


async def advance(asked: Asked[Nothing, Advance]) -> Advanced:
    """Move the time forward and let happen what is due until then."""
    happened = await asked.plant.advance(asked.body.seconds)
    return {**reading(asked.plant), "happened": happened}


CLOCK_ACTIONS = (
    Action(method="GET", path="/clock", perform=show_clock, answers=ClockReading),
    Action(method="POST", path="/clock/freeze", perform=freeze, answers=ClockReading),
    Action(method="POST", path="/clock/resume", perform=resume, answers=ClockReading),
    Action(method="POST", path="/clock/advance", perform=advance, body=Advance, answers=Advanced),
)
