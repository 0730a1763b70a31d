"""A scenario at the pace of real time: what takes hours in the story takes seconds here, and nothing else changes.

In virtual time a day costs nothing; here somebody waits for it. So every delay of the scenario is shortened until its
longest is `LONGEST_DELAY_S`, the service is given short patience to match, and the promise becomes a minute. Customers
pause no longer than that either (see `driver`).
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from pydantic import JsonValue

from psp_chaos.faults import FaultSpec
from scenarios.faults.world_fault import WorldFault
from scenarios.spec import Scenario

LONGEST_DELAY_S = 6.0
"""Three times the service's patience with the PSP, so that what hangs is a timeout, and short for who waits."""

LONGEST_MOMENT_S = 2.0
"""Customers who come by themselves pause no longer between two clicks: the run waits until the last one has left."""

LONGEST_PAUSE_S = 9.0
"""Longer than a lease of the service, so that a process can come back to what others have taken over."""

SHORTEST_LIVES_S = (1.0, 6.0)
"""Between two strikes of a fault, at least: a program of Python takes seconds to start, and has to live to do wrong."""

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
        # A load or a playground kills nobody and leaves the network alone; `at_full_storm` has all faults.
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


def at_full_storm(scenario: Scenario, *, duration_s: float, speed: float) -> Scenario:
    """Return the scenario as it is performed live with all of its faults and customers.

    Args:
        scenario: As it is told.
        duration_s: How long the storm lasts.
        speed: How many seconds of the story pass in one of ours. It says how often faults strike and when their windows
            open; how long each lasts is shortened as all delays are, since the service has a pace of its own.
    """
    changes = {
        "storm_s": duration_s,
        "calm_s": PROMISE_S,
        "final_within_s": PROMISE_S,
        "faults": tuple(_paced(fault, speed=speed) for fault in scenario.faults_left),
        "without": (),
        "psp_asynchronous_s": _shortened(list(scenario.psp_asynchronous_s)),
        "customer_spike_latency_s": _shortened_span(scenario.customer_spike_latency_s),
        "service": {**_timeless(scenario.service), **LIVE_TIMINGS},
        "psp": _timeless(scenario.psp),
    }
    return Scenario.model_validate({**scenario.model_dump(), **changes})


def _shortened_span(span: tuple[float, float] | None) -> JsonValue:
    return None if span is None else _shortened(list(span))


def _paced(fault: FaultSpec | WorldFault, *, speed: float) -> FaultSpec | WorldFault:
    """Return a fault at live pace, in the window that it has in the story."""
    window = {name: float(str(at_s)) / speed for name, at_s in fault.window.items()}
    if isinstance(fault, FaultSpec):
        schedule = tuple(at_s / speed for at_s in fault.schedule)
        return shortened_fault(fault).model_copy(update={"window": window, "schedule": schedule})
    values = fault.model_dump(mode="json")
    paced = {name: _paced_value(fault, name, value, speed=speed) for name, value in values.items()}
    return type(fault).model_validate({**paced, "window": window})


def _paced_value(fault: WorldFault, name: str, value: JsonValue, *, speed: float) -> JsonValue:
    if name == "every_s":
        assert isinstance(value, list), "the time between two strikes is a span"
        shortest_s, longest_s = SHORTEST_LIVES_S
        low_s, high_s = (float(str(seconds)) / speed for seconds in value)
        return [max(low_s, shortest_s), max(high_s, longest_s)]
    if fault.kind == "pause" and name == "for_s":
        return _shortened(value, longest_s=LONGEST_PAUSE_S)
    return _shortened(value) if name.endswith("_s") else value


def _timeless(settings: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Return what a scenario sets of a program apart from time: its spans were chosen for another pace."""
    return {name: value for name, value in settings.items() if not name.endswith("_s")}


def shortened_fault(spec: FaultSpec) -> FaultSpec:
    """Return the fault without a window, since it is installed and removed by hand, and with shorter delays."""
    # The kind's defaults are written out, because they are made for virtual time as well.
    parameters = spec.fault().model_dump(mode="json", exclude_none=True)
    paced = {name: _shortened(value) if name.endswith("_s") else value for name, value in parameters.items()}
    return FaultSpec.model_validate({**spec.model_dump(), "window": {}, "parameters": paced})


def _shortened(span: JsonValue, *, longest_s: float = LONGEST_DELAY_S) -> JsonValue:
    """Return a number of seconds, or a span of them, scaled down so that its longest is that long at most."""
    match span:
        case [int() | float() as low_s, int() | float() as high_s] if high_s > longest_s:
            return [low_s * longest_s / high_s, longest_s]
        case int() | float() if span > longest_s:
            return longest_s
        case _:
            return span
