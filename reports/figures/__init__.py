"""The figures of the page; each is left out where the evidence has nothing for it."""

import pandas as pd

from reports.figures.drawing import Colour, Picture
from reports.figures.flow import state_flow
from reports.figures.healing import time_to_heal
from reports.figures.resources import resources
from reports.figures.risk import money_at_risk
from reports.figures.waiting import waiting
from reports.tables import Tables

__all__ = ["Colour", "Picture", "draw_all"]


def draw_all(tables: Tables, samples: pd.DataFrame) -> tuple[Picture, ...]:
    """Return the figures in the order of the page.

    Args:
        tables: What the evidence says.
        samples: What the processes took (`reports.resources`).
    """
    strikes, manifest = tables.bite_times, tables.manifest
    drawn = (
        money_at_risk(tables.risks, strikes, manifest),
        time_to_heal(tables.risks, strikes, manifest),
        waiting(tables.requests, strikes, manifest),
        state_flow(tables.steps, strikes, manifest),
        resources(samples, manifest),
    )
    return tuple(picture for picture in drawn if picture is not None)
