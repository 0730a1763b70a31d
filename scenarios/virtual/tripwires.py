"""What happens to code that asks the real world for the time, for chance or for a thread while a world runs.

Two nets, because two kinds of code run in a simulation:

- *Our* packages must take clock, ids and randomness as they are handed in. Each call they make is looked at while it is
  made (`sys.monitoring`, so that `from time import time` and `datetime.now`, which nobody can patch, are seen as well),
  and one that leaves the simulation raises `Escaped` on the spot, naming the call and the line.
- *Libraries* need an answer (SQLAlchemy's pool stamps connections with `time.time()`), so they get the virtual time and
  seeded chance. Threads, sleeping and sockets have no answer in virtual time and raise for everybody.

What no net catches is a library's `datetime.now()` and its unseeded `random.Random()`; both are made in C.
"""

import datetime as dt
import gc
import os
import random
import socket
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from itertools import islice
from pathlib import Path
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType
from typing import Any

from scenarios.units import NS_PER_S
from scenarios.virtual.clock import VirtualClock
from scenarios.virtual.errors import Escaped

WATCHED = ("engine", "service", "psp_chaos", "scenarios.customers")
"""Our packages that run inside of the simulation."""

_TOOL = 4  # a free number among the tools of sys.monitoring: 0 is for debuggers, 1 for coverage, 2 for profilers
_CALLABLE_TYPES = (BuiltinFunctionType, FunctionType, MethodType, type)
_CHANCES = (
    "betavariate",
    "choice",
    "choices",
    "expovariate",
    "gammavariate",
    "gauss",
    "getrandbits",
    "lognormvariate",
    "normalvariate",
    "paretovariate",
    "randbytes",
    "randint",
    "random",
    "randrange",
    "sample",
    "seed",
    "shuffle",
    "triangular",
    "uniform",
    "vonmisesvariate",
    "weibullvariate",
)

# Not to be called by our packages, although libraries get no substitute for them.
_UNPATCHED: dict[object, str] = {
    dt.datetime.now: "datetime.now",
    dt.datetime.utcnow: "datetime.utcnow",
    dt.datetime.today: "datetime.today",
    dt.date.today: "date.today",
}
_UNSEEDED: dict[object, str] = {
    random.Random: "random.Random",
    time.localtime: "time.localtime",
    time.gmtime: "time.gmtime",
}
"""Lawful with an argument, a question to the real world without one."""


class Tripwires:
    """Both nets, spread while the context lasts."""

    def __init__(
        self,
        *,
        clock: VirtualClock,
        random: random.Random,
        escape: Callable[[str], Escaped],
        watched: tuple[str, ...] = WATCHED,
    ) -> None:
        self._clock = clock
        self._random = random
        self._escape = escape
        self._watched = watched
        self._forbidden: dict[object, str] = {}
        self._spread = ExitStack()

    def __enter__(self) -> None:
        self._forbidden = dict(_UNPATCHED)
        with ExitStack() as spreading:  # what is spread already is taken in, should the rest fail
            for owner, name, substitute in self._substitutes():
                call = f"{owner.__name__}.{name}"
                self._forbidden |= {getattr(owner, name): call, substitute: call}
                spreading.enter_context(_replaced(owner, name, substitute))
            spreading.enter_context(_watched_calls(self._watched, self._on_call))
            self._spread = spreading.pop_all()

    def __exit__(self, *_exception: object) -> None:
        self._spread.close()

    def _on_call(self, code: CodeType, offset: int, called: object, argument: object) -> object:
        """Look at one call of our code before it is made; a place that proved harmless is not looked at again."""
        if type(called) not in _CALLABLE_TYPES:
            return sys.monitoring.DISABLE
        call = self._forbidden.get(called)
        if call is None and called in _UNSEEDED:
            if argument is not sys.monitoring.MISSING:
                return None
            call = _UNSEEDED[called]
        if call is None:
            return sys.monitoring.DISABLE
        line = next(islice(code.co_positions(), offset // 2, None))[0]
        raise self._escape(f"{call}() in {code.co_qualname}, line {line} of {Path(code.co_filename).name},")

    def _substitutes(self) -> Iterator[tuple[Any, str, Callable[..., Any]]]:
        clock, chance = self._clock, self._random
        yield time, "time", lambda: clock.now_us() / 1e6
        yield time, "time_ns", lambda: clock.epoch_us * 1000 + clock.now_ns
        for name in ("monotonic", "perf_counter"):
            yield time, name, lambda: clock.now_ns / NS_PER_S
            yield time, f"{name}_ns", lambda: clock.now_ns
        for name in _CHANCES:
            yield random, name, getattr(chance, name)
        yield random, "_urandom", chance.randbytes  # what SystemRandom, and so `secrets`, draws from
        yield os, "urandom", chance.randbytes
        yield uuid, "uuid1", lambda *_node: _uuid(chance)
        yield uuid, "uuid4", lambda: _uuid(chance)
        yield time, "sleep", self._trap("time.sleep()")
        yield threading.Thread, "start", self._trap("threading.Thread.start()")
        yield socket.socket, "connect", self._trap("socket.connect()")
        yield socket.socket, "connect_ex", self._trap("socket.connect_ex()")

    def _trap(self, call: str) -> Callable[..., None]:
        def trap(*_args: object, **_options: object) -> None:
            raise self._escape(call)

        return trap


def _uuid(chance: random.Random) -> uuid.UUID:
    return uuid.UUID(bytes=chance.randbytes(16), version=4)


@contextmanager
def _replaced(owner: Any, name: str, substitute: object) -> Iterator[None]:
    original = getattr(owner, name)
    setattr(owner, name, substitute)
    try:
        yield
    finally:
        setattr(owner, name, original)


@contextmanager
def _watched_calls(packages: tuple[str, ...], on_call: Callable[..., object]) -> Iterator[None]:
    """Look at every call that the code of these packages makes."""
    codes = _codes_of(_loaded(packages))
    monitoring = sys.monitoring
    monitoring.use_tool_id(_TOOL, "paystorm")
    try:
        monitoring.register_callback(_TOOL, monitoring.events.CALL, on_call)
        for code in codes:
            monitoring.set_local_events(_TOOL, code, monitoring.events.CALL)
        monitoring.restart_events()
        yield
    finally:
        for code in codes:
            monitoring.set_local_events(_TOOL, code, monitoring.events.NO_EVENTS)
        monitoring.register_callback(_TOOL, monitoring.events.CALL, None)
        monitoring.free_tool_id(_TOOL)


def _loaded(packages: tuple[str, ...]) -> tuple[str, ...]:
    """The names of the packages' modules that have been imported."""
    prefixes = tuple(f"{package}." for package in packages)
    return tuple(name for name in sorted(sys.modules) if f"{name}.".startswith(prefixes))


@cache
def _codes_of(modules: tuple[str, ...]) -> tuple[CodeType, ...]:
    """All code that modules define: functions, wherever they are kept, and what is nested in them.

    A function belongs to the module whose globals it uses: what `functools.wraps` claims is not the wrapper's home.
    """
    names = frozenset(modules)
    found: dict[CodeType, None] = {}
    pending = [
        thing.__code__
        for thing in _all_objects()
        if type(thing) is FunctionType and thing.__globals__.get("__name__") in names
    ]
    while pending:
        code = pending.pop()
        found[code] = None
        pending += [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    return tuple(found)


def _all_objects() -> list[object]:
    """Return all that the garbage collector knows, also what was frozen, which it does not tell by itself."""
    frozen = gc.get_freeze_count() > 0
    if frozen:
        gc.unfreeze()
    things = gc.get_objects()
    if frozen:
        gc.freeze()
    return things
