"""What a run has reached: which lines of the product ran, and what can be told from the evidence.

The names mean nothing to a judge. Whoever hunts compares them: a run that reached what no other has reached is worth
being varied. Lines are taken from engine and service alone, never from a planted defect, which nobody would know of.
"""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from inspect import unwrap
from pathlib import Path
from types import CodeType, FunctionType, ModuleType

_PROGRAMS = ("engine", "service")
_ROOT = Path(__file__).parents[2]
_TOOL = 3  # the tripwires of virtual time are 4; debuggers, coverage and profilers have numbers of their own
_LINE = sys.monitoring.events.LINE


@dataclass(frozen=True, kw_only=True, slots=True)
class Reach:
    """What one run has reached."""

    features: frozenset[str]
    draws: Mapping[str, int]  # how often each stream was drawn from


@contextmanager
def lines_reached() -> Iterator[set[str]]:
    """Collect the lines of engine and service that run meanwhile, as `engine/settlement.py:88`.

    Each line reports once and is then left alone, so that this costs next to nothing.
    """
    lines: set[str] = set()
    monitoring, names = sys.monitoring, _names()

    def on_line(code: CodeType, line: int) -> object:
        lines.add(f"{names[code]}:{line}")
        return monitoring.DISABLE

    monitoring.use_tool_id(_TOOL, "paystorm")
    try:
        monitoring.register_callback(_TOOL, _LINE, on_line)
        for code in names:
            monitoring.set_local_events(_TOOL, code, _LINE)
        monitoring.restart_events()
        yield lines
    finally:
        for code in names:
            monitoring.set_local_events(_TOOL, code, 0)
        monitoring.register_callback(_TOOL, _LINE, None)
        monitoring.free_tool_id(_TOOL)


@cache
def _names() -> Mapping[CodeType, str]:
    """Return the code of all functions of engine and service, and in which file each stands."""
    modules = [module for name, module in sorted(sys.modules.items()) if name.partition(".")[0] in _PROGRAMS]
    codes = {code for module in modules for function in _functions(module) for code in _nested(function.__code__)}
    return {code: Path(code.co_filename).relative_to(_ROOT).as_posix() for code in codes if _is_ours(code)}


def _is_ours(code: CodeType) -> bool:
    """Tell whether somebody wrote this; what dataclasses make has no file."""
    return Path(code.co_filename).is_relative_to(_ROOT)


def _functions(module: ModuleType) -> Iterator[FunctionType]:
    for value in vars(module).values():
        members = vars(value).values() if isinstance(value, type) else ()
        for one in (value, *members):
            bare = getattr(one, "fget", None) or getattr(one, "__func__", one)
            if callable(bare) and isinstance(found := unwrap(bare), FunctionType) and _is_product(found):
                yield found


def _is_product(function: FunctionType) -> bool:
    return str(function.__module__).partition(".")[0] in _PROGRAMS


def _nested(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _nested(constant)
