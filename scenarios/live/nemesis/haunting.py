"""One fault at work on one link."""

from random import Random

from scenarios.faults.world_fault import WorldFault
from scenarios.live.proxy import Trouble
from scenarios.live.real_time import RealTime
from scenarios.nemesis.bites import Bites
from scenarios.nemesis.occasions import is_open


class Haunting[F: WorldFault](Trouble):
    """Knows its fault, when it may strike, and what it draws from; a subclass says what it does."""

    def __init__(self, fault: F, *, world: RealTime, bites: Bites, link: str) -> None:
        self._fault = fault
        self._world = world
        self._bites = bites
        self._link = link

    @property
    def _is_open(self) -> bool:
        return is_open(self._world.env, self._fault)

    @property
    def _draw(self) -> Random:
        return self._world.stream(f"{self._fault.where}-fault", self._fault.id, self._link)

    def _strikes(self, probability: float) -> bool:
        """Whether it is time, and the seed wants it."""
        return self._is_open and self._draw.random() < probability

    def _bite(self, **detail: object) -> None:
        self._bites.record(self._fault, target=self._link, **detail)
