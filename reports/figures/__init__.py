"""The figures of the page; each is left out where the evidence has nothing for it."""

from reports.figures.drawing import Colour, Picture
from reports.figures.flow import state_flow
from reports.figures.healing import time_to_heal
from reports.figures.risk import money_at_risk
from reports.figures.waiting import waiting
from reports.tables import Tables

__all__ = ["Colour", "Picture", "draw_all"]


def draw_all(tables: Tables) -> tuple[Picture, ...]:
    """Return the figures in the order of the page."""
    strikes, manifest = tables.bite_times, tables.manifest
    drawn = (
        money_at_risk(tables.risks, strikes, manifest),
        time_to_heal(tables.risks, strikes, manifest),
        waiting(tables.requests, strikes, manifest),
        state_flow(tables.steps, strikes, manifest),
    )
    return tuple(picture for picture in drawn if picture is not None)
