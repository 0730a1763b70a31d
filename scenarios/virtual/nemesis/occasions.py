"""When a fault that comes again and again strikes: moments drawn from a span, as long as its window lasts."""

from collections.abc import Generator
from random import Random

import simpy

from scenarios.faults.world_fault import WorldFault
from scenarios.virtual.units import NS_PER_S, to_ns

type Steps[T] = Generator[simpy.Event, object, T]


def pause(env: simpy.Environment, seconds: float) -> simpy.Event:
    """Return the event of some time having passed; at least a nanosecond, so that nothing is over as it begins."""
    return env.timeout(max(1, to_ns(seconds)))


def next_occasion(env: simpy.Environment, fault: WorldFault, every_s: tuple[float, float], draw: Random) -> Steps[bool]:
    """Wait for the next moment, and tell whether it still lies within the window."""
    from_s = fault.window.get("from_s", 0.0)
    if env.now < to_ns(from_s):
        yield env.timeout(to_ns(from_s) - env.now)
    yield pause(env, draw.uniform(*every_s))
    return bool(env.now / NS_PER_S < fault.window.get("to_s", float("inf")))
