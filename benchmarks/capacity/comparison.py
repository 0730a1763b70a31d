"""The model held against the real system: predicted first, then measured, load by load."""

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import fmean, median, quantiles

from benchmarks.capacity.bounds import answer_s, capacity
from benchmarks.capacity.calibration import Calibration, come
from benchmarks.capacity.demands import Plant
from benchmarks.capacity.simulation import Load, simulate
from benchmarks.payments import CUSTOMERS, pay
from benchmarks.site import Programs, Site

SERVICES = (1, 2)
SHARES = (0.3, 0.6, 0.85)  # of what the model says can be carried: idle, busy, nearly too busy
_SIMULATED_S = 30.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """What came out, in reality or in the simulation: payments per second, and milliseconds to the answer."""

    rate: float
    mean_ms: float
    p95_ms: float | None  # None: customers who never wait were only counted


@dataclass(frozen=True, kw_only=True, slots=True)
class Point:
    """One load on one plant."""

    services: int
    offered: float | None  # payments per second; None: as many as can be, by customers who never wait
    was_fed: bool  # the model was fed with this very load, so it is no prediction
    formula_ms: float | None
    simulated: Seen
    measured: Seen

    @property
    def rate_error(self) -> float:
        """Return by how many percent the simulation was wrong about the throughput."""
        return 100 * (self.simulated.rate / self.measured.rate - 1)

    @property
    def mean_error(self) -> float:
        """Return by how many percent it was wrong about the time to the answer."""
        return 100 * (self.simulated.mean_ms / self.measured.mean_ms - 1)


def compare(
    site: Site, programs: Programs, calibration: Calibration, *, processors: int, seconds: int, rounds: int
) -> list[Point]:
    """Predict and measure every load."""
    plants = [Plant(services=services, processors=processors) for services in SERVICES]
    return [
        point
        for plant in plants
        for point in _of_plant(site, programs, calibration, plant, seconds=seconds, rounds=rounds)
    ]


def _of_plant(
    site: Site, programs: Programs, calibration: Calibration, plant: Plant, *, seconds: int, rounds: int
) -> Iterator[Point]:
    demands = calibration.demands
    full = simulate(demands, plant, Load(customers=CUSTOMERS), seconds=_SIMULATED_S)
    for share in SHARES:
        rate = share * full.rate
        light = simulate(demands, plant, Load(rate=rate), seconds=_SIMULATED_S)
        yield Point(
            services=plant.services,
            offered=rate,
            was_fed=False,
            formula_ms=1_000 * answer_s(demands, plant, rate=rate) if rate < capacity(demands, plant) else None,
            simulated=Seen(rate=light.rate, mean_ms=1_000 * light.mean_s, p95_ms=1_000 * light.percentile_s(95)),
            measured=_median(
                _offered(site, programs, plant, rate=rate, seconds=seconds, seed=seed) for seed in range(rounds)
            ),
        )
    yield Point(
        services=plant.services,
        offered=None,
        was_fed=plant.services == 1,
        formula_ms=None,
        simulated=Seen(rate=full.rate, mean_ms=1_000 * full.mean_s, p95_ms=None),
        measured=_median(_saturated(site, programs, plant, seconds=seconds) for _ in range(rounds)),
    )


def _offered(site: Site, programs: Programs, plant: Plant, *, rate: float, seconds: int, seed: int) -> Seen:
    arrived = come(site, programs, services=plant.services, rate=rate, seconds=seconds, seed=seed)
    return Seen(
        rate=len(arrived.answers_s) / arrived.seconds,
        mean_ms=1_000 * fmean(arrived.answers_s),
        p95_ms=1_000 * quantiles(arrived.answers_s, n=100)[94],
    )


def _saturated(site: Site, programs: Programs, plant: Plant, *, seconds: int) -> Seen:
    paid = pay(site, programs, services=plant.services, seconds=seconds)
    # So many are always under way (Little's law).
    return Seen(rate=paid.rate, mean_ms=1_000 * CUSTOMERS * plant.services / paid.rate, p95_ms=None)


def _median(rounds: Iterator[Seen]) -> Seen:
    seen = list(rounds)
    late = [one.p95_ms for one in seen if one.p95_ms is not None]
    return Seen(
        rate=median(one.rate for one in seen),
        mean_ms=median(one.mean_ms for one in seen),
        p95_ms=median(late) if late else None,
    )
