"""The faults that are installed: asked in order of installation, the first real answer wins.

Faults do not know each other. Each counts and draws only for the occasions on which it was asked, so installing one
more behind it changes nothing for it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from psp_chaos.errors import FaultExists, NoSuchFault
from psp_chaos.faults.fault import Fault, Occasion
from psp_chaos.faults.menu import MENU
from psp_chaos.faults.spec import FaultSpec
from psp_chaos.faults.verdicts import Verdict
from psp_chaos.keeping.archive import Archive
from psp_chaos.ports import Clock, Randomness

MICROSECONDS_PER_SECOND = 1_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Ruling[V]:
    """A fault's verdict on one occasion; it counts once it is carried out."""

    spec: FaultSpec
    occasion: Occasion
    nth: int  # of the matching occasions, counted from 1
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
    unsurvivable: str | None = None  # what of it is nobody's fault


@dataclass(frozen=True, kw_only=True, slots=True)
class Count:
    """What a fault has done since it was installed."""

    asked: int  # matching occasions
    struck: int  # those on which it wanted to bite
    bit: int  # those on which it really did: a refusal cannot come late, and no list without rows is shortened


@dataclass(kw_only=True, slots=True)
class _Installed:
    """A fault with its own stream and its own count."""

    spec: FaultSpec
    fault: Fault[Verdict]
    random: Random
    asked: int = 0
    struck: int = 0
    bit: int = 0
    due_s: list[float] = field(default_factory=list)  # what is left of the schedule

    def strikes(self, occasion: Occasion, *, since_start_s: float) -> bool:
        """Decide whether to answer for this occasion; ask once per occasion."""
        if not self.spec.covers(occasion, since_start_s=since_start_s) or not self.fault.concerns(occasion):
            return False
        self.asked += 1
        is_struck = self._is_its_turn(since_start_s)
        self.struck += is_struck
        return is_struck

    def _is_its_turn(self, since_start_s: float) -> bool:
        if self.spec.nth:
            return self.asked in self.spec.nth
        if self.spec.schedule:
            left_s = [moment_s for moment_s in self.due_s if moment_s > since_start_s]
            is_due = len(left_s) < len(self.due_s)
            self.due_s = left_s
            return is_due
        return self.random.random() < self.spec.probability


class Faults:
    """The installed faults, and every time one bit.

    What an earlier process had installed is there again; its counts, its windows and its draws begin anew.
    """

    def __init__(self, *, clock: Clock, random: Randomness, archive: Archive) -> None:
        self._clock = clock
        self._random = random
        self._start_us = clock.now_us()
        self._specs = archive.shelf("faults", FaultSpec)
        self._installed = {spec.id: self._ready(spec) for spec in self._specs.values()}
        self._bites = archive.log("bites", Bite)

    @property
    def specs(self) -> tuple[FaultSpec, ...]:
        """What is installed, in the order in which it is asked."""
        return tuple(self._specs.values())

    @property
    def counts(self) -> dict[str, Count]:
        """What each installed fault has done, by its id."""
        return {
            name: Count(asked=installed.asked, struck=installed.struck, bit=installed.bit)
            for name, installed in self._installed.items()
        }

    @property
    def bites(self) -> list[Bite]:
        """Every bite, oldest first."""
        return [bite for _, bite in self._bites.read()]

    @property
    def bites_in_all(self) -> int:
        """How often any fault has bitten."""
        return len(self._bites)

    def read_bites(self, *, after: int, limit: int) -> list[tuple[int, Bite]]:
        """Return some bites with their numbers, oldest first, beginning behind a number."""
        return self._bites.read(after=after, limit=limit)

    def install(self, spec: FaultSpec) -> None:
        """Put a fault behind those that are there."""
        if spec.id in self._installed:
            raise FaultExists(f"A fault with the id '{spec.id}' is installed already.")
        self._specs[spec.id] = spec
        self._installed[spec.id] = self._ready(spec)

    def remove(self, fault_id: str) -> None:
        """Take one fault away; what it has begun goes on."""
        if fault_id not in self._installed:
            raise NoSuchFault(f"No fault with the id '{fault_id}' is installed.")
        del self._installed[fault_id], self._specs[fault_id]

    def clear(self) -> None:
        """Take all faults away."""
        self._installed.clear()
        self._specs.clear()

    def ask[V](self, moment: type[Fault[V]], occasion: Occasion) -> Ruling[V] | None:
        """Return the first real answer of the faults of this moment."""
        return next(self._rulings(moment, occasion), None)

    def ask_all[V](self, moment: type[Fault[V]], occasion: Occasion) -> list[Ruling[V]]:
        """Return every answer, for moments at which faults add up."""
        return list(self._rulings(moment, occasion))

    def bit(self, ruling: Ruling[object], *, object_id: str | None, **detail: object) -> None:
        """Record that a ruling was carried out."""
        unsurvivable = MENU[ruling.spec.kind].unsurvivable
        if ruling.spec.id in self._installed:  # it may have been taken away meanwhile
            self._installed[ruling.spec.id].bit += 1
        self._bites.append(
            Bite(
                at_us=self._clock.now_us(),
                fault=ruling.spec.id,
                where=ruling.spec.where,
                kind=ruling.spec.kind,
                target=str(ruling.occasion.target),
                object_id=object_id,
                detail={"request_id": ruling.occasion.request_id, "nth": ruling.nth, **detail},
                unsurvivable=None if unsurvivable is None else unsurvivable.value,
            )
        )

    def _ready(self, spec: FaultSpec) -> _Installed:
        random = self._random(f"fault/{spec.id}")
        return _Installed(spec=spec, fault=spec.fault(), random=random, due_s=list(spec.schedule))

    def _rulings[V](self, moment: type[Fault[V]], occasion: Occasion) -> Iterator[Ruling[V]]:
        since_start_s = (self._clock.now_us() - self._start_us) / MICROSECONDS_PER_SECOND
        for installed in self._installed.values():
            fault = installed.fault
            if isinstance(fault, moment) and installed.strikes(occasion, since_start_s=since_start_s):
                verdict = fault.verdict(installed.random)
                if verdict is not None:
                    yield Ruling(spec=installed.spec, occasion=occasion, nth=installed.asked, verdict=verdict)
