"""The model on paper: how much must go through, and how long an answer takes on average.

Service processes are single servers that share their time among the payments they hold (an event loop); the processors
are c servers for everybody. A program that computes is slowed down by who else wants a processor as in M/M/c, and each
event loop is an M/G/1 with that slower service.
"""

from benchmarks.capacity.demands import Demands, Plant
from benchmarks.capacity.queueing import mmc_response_s, shared_response_s


def limits(demands: Demands, plant: Plant) -> dict[str, float]:
    """Return the payments per second at which each party would be busy all the time (utilisation law)."""
    return {
        "service processes": _limit(plant.services, demands.service_s),
        "processors": _limit(plant.processors - demands.background, demands.total_s),
        "PSP": _limit(1, demands.psp_s),
        "customers": _limit(1, demands.customer_s),
    }


def capacity(demands: Demands, plant: Plant) -> float:
    """Return the payments per second that cannot be exceeded."""
    return min(limits(demands, plant).values())


def answer_s(demands: Demands, plant: Plant, *, rate: float) -> float:
    """Return the mean time until a payment is answered, at so many payments per second.

    The rate must be below the capacity; close to it the approximation is `inf`.
    """
    busy = rate * demands.total_s + demands.background
    # A process does not wait for a processor that it holds itself.
    others = busy - rate * demands.service_s / plant.services
    if busy >= plant.processors:
        return float("inf")
    slowness = mmc_response_s(plant.processors, rate=others, service_s=1.0)
    if rate * demands.service_s * slowness >= plant.services:
        return float("inf")
    computing_s = shared_response_s(
        rate=rate / plant.services,
        service_s=demands.service_s * slowness,
        demand_s=demands.answer_s * slowness,
    )
    elsewhere_s = demands.trips_before * demands.trip_s + demands.customer_s
    return computing_s + demands.commit_s + elsewhere_s * mmc_response_s(plant.processors, rate=busy, service_s=1.0)


def connections_busy(demands: Demands, plant: Plant, *, rate: float) -> float:
    """Return how many database connections are held on average, all processes together (Little's law).

    A transaction is held while its round trips are made and while the service computes between them.
    """
    trips = demands.trips_before + demands.trips_after
    held_s = trips * demands.trip_s + (1 + demands.trips_after) * demands.commit_s
    between_s = answer_s(demands, plant, rate=rate) * (demands.trips_before - 1) / (demands.trips_before + 1)
    return rate * (held_s + between_s)


def _limit(servers: float, demand_s: float) -> float:
    return servers / demand_s if demand_s else float("inf")
