"""The model as a simulated machine: the same parties, queues and demands as in reality, payment by payment.

A service process computes for one payment at a time and serves others while one waits for the database or the PSP. Who
computes holds a processor, and there are only so many. The operating system shares processors in slices; here a piece
of work is finished once it is begun, and the pieces are as small as what a program does between two waits.
"""

from collections.abc import Generator
from dataclasses import dataclass, field
from random import Random
from statistics import fmean, quantiles

import simpy

from benchmarks.capacity.demands import Demands, Plant

_PIECE_S = 0.002  # of work in the background: a program that wakes up, does something and sleeps
_PERCENT = 100

type Steps = Generator[simpy.Event, object, None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Load:
    """Who comes: so many a second whatever happens, or so many who come again as soon as they are answered."""

    rate: float | None = None
    customers: int | None = None  # to each service process


@dataclass(kw_only=True)
class Outcome:
    """What was seen after the beginning, which does not count."""

    seconds: float
    settled: int = 0
    answers_s: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Return payments settled per second."""
        return self.settled / self.seconds

    @property
    def mean_s(self) -> float:
        """Return the mean time until the answer."""
        return fmean(self.answers_s)

    def percentile_s(self, percent: int) -> float:
        """Return the time within which so many percent were answered."""
        return quantiles(self.answers_s, n=_PERCENT)[percent - 1]


def simulate(
    demands: Demands, plant: Plant, load: Load, *, seconds: float, seed: int = 1, warm_up: float = 0.1
) -> Outcome:
    """Let the machine run for so long.

    Args:
        demands: What a payment asks of each party.
        plant: How many of everything there are.
        load: Who comes.
        seconds: How long it is looked at.
        seed: Everything random follows from it.
        warm_up: How long it runs before, as a share of `seconds`.
    """
    machine = _Machine(demands, plant, Random(seed), begin_s=warm_up * seconds, seconds=seconds)
    machine.open(load)
    machine.env.run(until=(1 + warm_up) * seconds)
    return machine.outcome


class _Machine:
    def __init__(self, demands: Demands, plant: Plant, random: Random, *, begin_s: float, seconds: float) -> None:
        self.env = simpy.Environment()
        self.outcome = Outcome(seconds=seconds)
        self._demands = demands
        self._random = random
        self._begin_s = begin_s
        self._processors = simpy.Resource(self.env, plant.processors)
        self._customers = simpy.Resource(self.env)
        self._psp = simpy.Resource(self.env)
        self._loops = [simpy.Resource(self.env) for _ in range(plant.services)]
        self._pools = [simpy.Resource(self.env, plant.pool) for _ in range(plant.services)]

    def open(self, load: Load) -> None:
        """Let customers come, and the others do what they do beside."""
        if self._demands.background:
            self.env.process(self._be_busy())
        if load.rate is not None:
            self.env.process(self._come(load.rate))
        for number in range(len(self._loops)):
            for _ in range(load.customers or 0):
                self.env.process(self._come_again(number))

    def _come(self, rate: float) -> Steps:
        while True:
            yield self.env.timeout(self._random.expovariate(rate))
            self.env.process(self._payment(self._random.randrange(len(self._loops))))

    def _come_again(self, number: int) -> Steps:
        while True:
            yield from self._payment(number)

    def _payment(self, number: int) -> Steps:
        demands, came_s = self._demands, self.env.now
        factor = self._factor()
        yield from self._compute(self._customers, demands.customer_s / 2)
        yield from self._accept(number, factor)
        yield from self._compute(self._customers, demands.customer_s / 2)
        if came_s >= self._begin_s:
            self.outcome.answers_s.append(self.env.now - came_s)
        self.env.process(self._settle(number, factor))

    def _accept(self, number: int, factor: float) -> Steps:
        """Accept it in one transaction, and answer."""
        demands = self._demands
        piece_s = factor * demands.answer_s / (demands.trips_before + 1)
        yield from self._compute(self._loops[number], piece_s)
        if demands.trips_before:
            with self._pools[number].request() as connection:
                yield connection
                for trip in range(demands.trips_before):
                    yield from self._ask(is_commit=trip == demands.trips_before - 1)
                    if trip < demands.trips_before - 1:
                        yield from self._compute(self._loops[number], piece_s)
            yield from self._compute(self._loops[number], piece_s)

    def _settle(self, number: int, factor: float) -> Steps:
        """Claim it, ask the PSP, and record what it says."""
        demands = self._demands
        piece_s = factor * demands.after_s / (demands.trips_after + 2)
        yield from self._compute(self._loops[number], piece_s)
        for trip in range(demands.trips_after):
            with self._pools[number].request() as connection:
                yield connection
                yield from self._ask(is_commit=True)
            yield from self._compute(self._loops[number], piece_s)
            if trip == 0:
                yield from self._compute(self._psp, demands.psp_s)
                yield from self._compute(self._loops[number], piece_s)
        self.outcome.settled += self.env.now >= self._begin_s

    def _ask(self, *, is_commit: bool) -> Steps:
        """Make a round trip to the database, whose backends are programs of their own."""
        yield from self._occupy(self._demands.trip_s)
        if is_commit and self._demands.commit_s:
            yield self.env.timeout(self._demands.commit_s)

    def _compute(self, program: simpy.Resource, seconds: float) -> Steps:
        """Compute in a program that does one thing at a time."""
        if not seconds:
            return
        with program.request() as turn:
            yield turn
            yield from self._occupy(seconds)

    def _occupy(self, seconds: float) -> Steps:
        if not seconds:
            return
        with self._processors.request() as processor:
            yield processor
            yield self.env.timeout(seconds)

    def _be_busy(self) -> Steps:
        while True:
            yield self.env.timeout(self._random.expovariate(self._demands.background / _PIECE_S))
            self.env.process(self._occupy(_PIECE_S))

    def _factor(self) -> float:
        """Draw how much dearer than the mean this payment is."""
        variation = self._demands.variation
        return self._random.gammavariate(1 / variation, variation) if variation else 1.0
