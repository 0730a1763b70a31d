"""`python -m benchmarks capacity`: measure what a payment costs, predict, and hold the prediction against reality."""

import json
import os
import platform
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from benchmarks.capacity.bounds import capacity, connections_busy, limits
from benchmarks.capacity.calibration import Calibration, calibrate
from benchmarks.capacity.comparison import Point, compare
from benchmarks.capacity.demands import Demands, Plant
from benchmarks.capacity.meters import processors
from benchmarks.effort import Effort
from benchmarks.measurement import Measurement
from benchmarks.payments import pay
from benchmarks.pgbench import recorded_script, run_pgbench
from benchmarks.site import POOL_SIZE, benchmark_server, site

RESULTS = Path("benchmarks/results/capacity.json")
SECONDS = 3  # times those of a round of payments: rare events have to come
IDLE = 0.3  # processors that neighbours may keep busy on a machine that counts as ours
_OTHER_MACHINES = (2, 4, 8, 16)  # processors
_BUSY = 0.7  # of the capacity: what one would plan for


def measure_capacity(effort: Effort) -> list[Measurement]:
    """Return demands, predictions and errors; the whole goes into a file of its own, for the document."""
    seconds, count = SECONDS * effort.seconds, processors()
    with benchmark_server() as server, site(server, payments=0) as one:
        script = recorded_script(one)
        with one.programs(services=2, workers=1) as programs:
            pay(one, programs, services=2, seconds=1)  # opens the pools and prepares the statements
            calibrations = [calibrate(one, programs, script, seconds=seconds) for _ in range(effort.rounds)]
            calibration = sorted(calibrations, key=lambda each: each.demands.total_s)[len(calibrations) // 2]
            points = compare(one, programs, calibration, processors=count, seconds=seconds, rounds=effort.rounds)
        carried = run_pgbench(one, script, connections=POOL_SIZE, seconds=seconds)
    _keep(calibration, points, carried=carried, count=count)
    return [*_of_demands(calibrations), *_of_points(points)]


def _keep(calibration: Calibration, points: Sequence[Point], *, carried: float, count: int) -> None:
    demands = calibration.demands
    found = {
        "python": platform.python_version(),
        "processors": count,
        "is_shared": calibration.neighbours > IDLE,
        "load_average": os.getloadavg()[0],
        "calibration": asdict(calibration),
        "pgbench": {"connections": POOL_SIZE, "rate": carried},
        "limits": {str(services): limits(demands, Plant(services=services, processors=count)) for services in (1, 2)},
        "points": [
            asdict(point) | {"rate_error": point.rate_error, "mean_error": point.mean_error} for point in points
        ],
        "other_machines": [_other_machine(demands, number) for number in _OTHER_MACHINES],
    }
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(found, indent=2) + "\n")


def _other_machine(demands: Demands, number: int) -> dict[str, float]:
    """Return what the model says of a machine without customers, PSP and neighbours on it."""
    alone = replace(demands, psp_s=0.0, customer_s=0.0, background=0.0)
    services = max(1, round(number * alone.service_s / alone.total_s))
    plant = Plant(services=services, processors=number)
    rate = _BUSY * capacity(alone, plant)
    return {
        "processors": number,
        "services": services,
        "capacity": capacity(alone, plant),
        "connections": connections_busy(alone, plant, rate=rate),
    }


def _of_demands(calibrations: Sequence[Calibration]) -> Iterator[Measurement]:
    for name in ("answer_s", "after_s", "database_s", "psp_s", "customer_s", "commit_s"):
        values = tuple(1_000 * getattr(each.demands, name) for each in calibrations)
        yield Measurement(what=f"capacity: {name.removesuffix('_s')} of a payment", unit="ms", values=values)
    neighbours = tuple(each.neighbours for each in calibrations)
    yield Measurement(what="capacity: processors that neighbours kept busy", unit="", values=neighbours)


def _of_points(points: Sequence[Point]) -> Iterator[Measurement]:
    for point in points:
        load = "saturated" if point.offered is None else f"{point.offered:.0f} a second"
        name = f"capacity: {point.services} service{'s' if point.services > 1 else ''}, {load}"
        yield Measurement(what=f"{name}: settled", unit="per second", values=(point.measured.rate,))
        yield Measurement(what=f"{name}: settled, simulated", unit="per second", values=(point.simulated.rate,))
        yield Measurement(what=f"{name}: answer, mean", unit="ms", values=(point.measured.mean_ms,))
        yield Measurement(what=f"{name}: answer, mean, simulated", unit="ms", values=(point.simulated.mean_ms,))
    # What is offered is what is settled; only a saturated system says what it can carry.
    rates = tuple(abs(point.rate_error) for point in points if point.offered is None and not point.was_fed)
    means = tuple(abs(point.mean_error) for point in points if point.offered is not None)
    yield Measurement(what="capacity: error of what two processes carry", unit="%", values=rates)
    yield Measurement(what="capacity: error of the mean answer, all loads", unit="%", values=means)
