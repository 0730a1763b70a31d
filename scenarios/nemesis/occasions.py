"""When a fault that comes again and again strikes: moments drawn from a span, as long as its window lasts."""

from collections.abc import Generator
from math import inf, isinf
from random import Random

import simpy

from scenarios.faults.world_fault import WorldFault
from scenarios.units import NS_PER_S, to_ns

_SHORTEST_PAUSE_S = 0.001  # whoever asks for none would otherwise wait for a billion strikes a second

type Steps[T] = Generator[simpy.Event, object, T]


def pause(env: simpy.Environment, seconds: float) -> simpy.Event:
    """Return the event of some time having passed; at least a nanosecond, so that nothing is over as it begins."""
    return env.timeout(max(1, to_ns(seconds)))


def pause_within(env: simpy.Environment, fault: WorldFault, seconds: float) -> simpy.Event:
    """Return the same event, cut off at the end of the fault's window: whatever lasts is over then."""
    return pause(env, min(seconds, _end_s(fault) - env.now / NS_PER_S))


def is_open(env: simpy.Environment, fault: WorldFault) -> bool:
    """Whether the fault may strike now."""
    return bool(fault.window.get("from_s", 0.0) <= env.now / NS_PER_S < _end_s(fault))


def window_opens(env: simpy.Environment, fault: WorldFault) -> simpy.Event:
    """Return the event of the fault's window having begun."""
    return env.timeout(max(0, to_ns(fault.window.get("from_s", 0.0)) - env.now))


def window_closes(env: simpy.Environment, fault: WorldFault) -> simpy.Event:
    """Return the event of the fault's window being over; it never comes if the window is open for ever."""
    end_s = _end_s(fault)
    return env.event() if isinf(end_s) else env.timeout(max(0, to_ns(end_s) - env.now))


def next_occasion(env: simpy.Environment, fault: WorldFault, every_s: tuple[float, float], draw: Random) -> Steps[bool]:
    """Wait for the next moment, and tell whether it still lies within the window."""
    if env.now < to_ns(fault.window.get("from_s", 0.0)):
        yield window_opens(env, fault)
    yield pause(env, max(_SHORTEST_PAUSE_S, draw.uniform(*every_s)))
    return is_open(env, fault)


def _end_s(fault: WorldFault) -> float:
    return fault.window.get("to_s", inf)
