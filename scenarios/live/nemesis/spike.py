"""The customers' bad line during the storm; a condition of the scenario and no fault, so it leaves no bites."""

from random import Random

from scenarios.live.proxy import Trouble, Way


class Spike(Trouble):
    """Every request and every answer takes as long as the scenario says."""

    def __init__(self, span_s: tuple[float, float], *, draw: Random) -> None:
        self._span_s = span_s
        self._draw = draw

    def delay_s(self, way: Way) -> float:  # noqa: ARG002 - both ways alike
        """Draw how long this one takes."""
        return self._draw.uniform(*self._span_s)
