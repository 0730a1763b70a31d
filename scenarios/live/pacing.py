"""A scenario at the pace of real time: what takes hours in the story takes seconds here, and nothing else changes.

In virtual time a day costs nothing; here somebody waits for it. So every delay of the scenario is shortened until its
longest is `LONGEST_DELAY_S`, the service is given short patience to match, and the promise becomes a minute. Customers
pause no longer than that either (see `driver`).
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from pydantic import JsonValue

from psp_chaos.faults import FaultSpec
from scenarios.spec import Scenario

LONGEST_DELAY_S = 6.0
"""Three times the service's patience with the PSP, so that what hangs is a timeout, and short for who waits."""

PROMISE_S = 60.0
"""How long the system may take to come to rest: a dozen of the service's longest pauses."""

LIVE_TIMINGS: Mapping[str, JsonValue] = MappingProxyType(
    {
        "psp_timeout_s": 2,
        "dispatch_grace_s": 3,
        "lease_s": 6,
        "worker_period_s": 1,
        "worker_idle_s": 2,
        "retry_base_s": 0.5,
        "retry_cap_s": 5,
        "zombie_after_s": 3,
    }
)
"""The service's settings for a run of seconds; they keep the proportions of its defaults."""

FAIR_WEATHER = Scenario(
    name="fair-weather",
    story="Nothing goes wrong.",
    scripts={"patient": 1},
    storm_s=0,
    calm_s=0,
    final_within_s=0,
    workers=1,
)
"""For who only wants to try the API."""


def at_live_pace(scenario: Scenario, *, users: int, duration_s: float) -> Scenario:
    """Return the scenario as it is performed live, by so many users for so long."""
    changes = {
        "customers": users,
        "storm_s": duration_s,
        "calm_s": PROMISE_S,
        "final_within_s": PROMISE_S,
        # Real processes are not killed yet, and real networks are left alone.
        "faults": faults_at_live_pace(scenario.psp_faults),
        "without": (),  # they are not among them any more
        "psp_asynchronous_s": _shortened(list(scenario.psp_asynchronous_s)),
        # One process behind one port; two workers, because one alone never meets another's lease.
        "service_processes": 1,
        "workers": min(scenario.workers, 2),
        "service": {**_timeless(scenario.service), **LIVE_TIMINGS},
        "psp": _timeless(scenario.psp),
        "merchants": 1,  # whose key the load generator has
        "arrivals": (),  # Locust's users come one after the other
    }
    return Scenario.model_validate({**scenario.model_dump(), **changes})


def faults_at_live_pace(faults: Iterable[FaultSpec]) -> tuple[FaultSpec, ...]:
    """Return faults as they are installed by hand in real time."""
    return tuple(map(shortened_fault, faults))


def _timeless(settings: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Return what a scenario sets of a program apart from time: its spans were chosen for another pace."""
    return {name: value for name, value in settings.items() if not name.endswith("_s")}


def shortened_fault(spec: FaultSpec) -> FaultSpec:
    """Return the fault without a window, since it is installed and removed by hand, and with shorter delays."""
    # The kind's defaults are written out, because they are made for virtual time as well.
    parameters = spec.fault().model_dump(mode="json", exclude_none=True)
    paced = {name: _shortened(value) if name.endswith("_s") else value for name, value in parameters.items()}
    return FaultSpec.model_validate({**spec.model_dump(), "window": {}, "parameters": paced})


def _shortened(span: JsonValue) -> JsonValue:
    """Return a number of seconds, or a span of them, scaled down so that its longest is the longest delay."""
    match span:
        case [int() | float() as low_s, int() | float() as high_s] if high_s > LONGEST_DELAY_S:
            return [low_s * LONGEST_DELAY_S / high_s, LONGEST_DELAY_S]
        case int() | float() if span > LONGEST_DELAY_S:
            return LONGEST_DELAY_S
        case _:
            return span
