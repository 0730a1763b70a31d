"""The figures of the page; each is left out where the evidence has nothing for it."""

from reports.evidence import Evidence
from reports.figures.drawing import Picture
from reports.figures.healing import time_to_heal
from reports.figures.risk import money_at_risk
from reports.figures.waiting import waiting
from reports.frames import requests, risks
from reports.truth import Truth

__all__ = ["Picture", "draw_all"]


def draw_all(evidence: Evidence, truth: Truth) -> tuple[Picture, ...]:
    """Return the figures in the order of the page."""
    stretches, manifest = risks(evidence, truth), evidence.manifest
    drawn = (
        money_at_risk(stretches, manifest),
        time_to_heal(stretches, manifest),
        waiting(requests(evidence), manifest),
    )
    return tuple(picture for picture in drawn if picture is not None)
