"""The faults that are installed: asked in order of installation, the first real answer wins.

Faults do not know each other. Each counts and draws only for the occasions on which it was asked, so installing one
more behind it changes nothing for it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from psp_chaos.errors import FaultExists, NoSuchFault
from psp_chaos.faults.fault import Fault, Occasion
from psp_chaos.faults.spec import FaultSpec
from psp_chaos.faults.verdicts import Verdict
from psp_chaos.ports import Clock, Randomness

MICROSECONDS_PER_SECOND = 1_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Ruling[V]:
    """A fault's verdict on one occasion; it counts once it is carried out."""

    spec: FaultSpec
    occasion: Occasion
    verdict: V


@dataclass(frozen=True, kw_only=True, slots=True)
class Bite:
    """A verdict that was carried out."""

    at_us: int
    fault: str
    where: str
    kind: str
    target: str
    object_id: str | None
    detail: dict[str, object]


@dataclass(kw_only=True, slots=True)
class _Installed:
    """A fault with its own stream and its own count."""

    spec: FaultSpec
    fault: Fault[Verdict]
    random: Random
    asked: int = 0

    def strikes(self, occasion: Occasion, *, since_start_s: float) -> bool:
        """Decide whether to answer for this occasion; ask once per occasion."""
        if not self.spec.covers(occasion, since_start_s=since_start_s) or not self.fault.concerns(occasion):
            return False
        self.asked += 1
        if self.spec.nth:
            return self.asked in self.spec.nth
        return self.random.random() < self.spec.probability


class Faults:
    """The installed faults, and every time one bit."""

    def __init__(self, *, clock: Clock, random: Randomness) -> None:
        self._clock = clock
        self._random = random
        self._start_us = clock.now_us()
        self._installed: dict[str, _Installed] = {}
        self.bites: list[Bite] = []

    @property
    def specs(self) -> tuple[FaultSpec, ...]:
        """What is installed, in the order in which it is asked."""
        return tuple(installed.spec for installed in self._installed.values())

    def install(self, spec: FaultSpec) -> None:
        """Put a fault behind those that are there."""
        if spec.id in self._installed:
            raise FaultExists(f"A fault with the id '{spec.id}' is installed already.")
        random = self._random(f"fault/{spec.id}")
        self._installed[spec.id] = _Installed(spec=spec, fault=spec.fault(), random=random)

    def remove(self, fault_id: str) -> None:
        """Take one fault away; what it has begun goes on."""
        if fault_id not in self._installed:
            raise NoSuchFault(f"No fault with the id '{fault_id}' is installed.")
        del self._installed[fault_id]

    def clear(self) -> None:
        """Take all faults away."""
        self._installed.clear()

    def ask[V](self, moment: type[Fault[V]], occasion: Occasion) -> Ruling[V] | None:
        """Return the first real answer of the faults of this moment."""
        return next(self._rulings(moment, occasion), None)

    def ask_all[V](self, moment: type[Fault[V]], occasion: Occasion) -> list[Ruling[V]]:
        """Return every answer, for moments at which faults add up."""
        return list(self._rulings(moment, occasion))

    def bit(self, ruling: Ruling[object], *, object_id: str | None, **detail: object) -> None:
        """Record that a ruling was carried out."""
        self.bites.append(
            Bite(
                at_us=self._clock.now_us(),
                fault=ruling.spec.id,
                where=ruling.spec.where,
                kind=ruling.spec.kind,
                target=str(ruling.occasion.target),
                object_id=object_id,
                detail={"request_id": ruling.occasion.request_id, **detail},
            )
        )

    def _rulings[V](self, moment: type[Fault[V]], occasion: Occasion) -> Iterator[Ruling[V]]:
        since_start_s = (self._clock.now_us() - self._start_us) / MICROSECONDS_PER_SECOND
        for installed in self._installed.values():
            fault = installed.fault
            if isinstance(fault, moment) and installed.strikes(occasion, since_start_s=since_start_s):
                verdict = fault.verdict(installed.random)
                if verdict is not None:
                    yield Ruling(spec=installed.spec, occasion=occasion, verdict=verdict)
