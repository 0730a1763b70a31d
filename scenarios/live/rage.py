"""Kills and stops on top of what a scenario brings: as faults like any other, so that they stand in the plan."""

from collections.abc import Iterator

from scenarios.faults.database import ConnectionRefused, Stall
from scenarios.faults.process import Crash, Pause
from scenarios.faults.world_fault import WorldFault
from scenarios.spec import Scenario

# Of all kills or stops, so many hit each kind of victim. PostgreSQL takes everybody else along.
_SERVICE, _WORKER, _POSTGRES = 0.4, 0.4, 0.2
_SPREAD = (0.5, 1.5)  # around the mean time between two strikes at one victim
_DOWN_S = (0.2, 2.0)
_STOP_S = (0.5, 9.0)  # at times longer than a lease of the service


def kills(scenario: Scenario, *, every_s: float) -> Iterator[WorldFault]:
    """Yield faults that together kill somebody every so many seconds, on average: service, worker or PostgreSQL."""
    yield Crash(
        id="live-kills-service",
        process="service",
        every_s=_between(every_s, share=_SERVICE, victims=scenario.service_processes),
        down_s=_DOWN_S,
    )
    yield Crash(
        id="live-kills-worker",
        process="worker",
        every_s=_between(every_s, share=_WORKER, victims=scenario.workers),
        down_s=_DOWN_S,
    )
    yield ConnectionRefused(
        id="live-kills-postgres", every_s=_between(every_s, share=_POSTGRES, victims=1), for_s=_DOWN_S
    )


def stops(scenario: Scenario, *, every_s: float) -> Iterator[WorldFault]:
    """Yield faults that together stop somebody every so many seconds, on average, and let it go on."""
    yield Pause(
        id="live-stops-service",
        process="service",
        every_s=_between(every_s, share=_SERVICE, victims=scenario.service_processes),
        for_s=_STOP_S,
    )
    yield Pause(
        id="live-stops-worker",
        process="worker",
        every_s=_between(every_s, share=_WORKER, victims=scenario.workers),
        for_s=_STOP_S,
    )
    yield Stall(id="live-stops-postgres", every_s=_between(every_s, share=_POSTGRES, victims=1), for_s=_DOWN_S)


def _between(every_s: float, *, share: float, victims: int) -> tuple[float, float]:
    """Return the time between two strikes at one victim, of a fault that strikes every so many seconds in all."""
    mean_s = every_s * victims / share
    return _SPREAD[0] * mean_s, _SPREAD[1] * mean_s
