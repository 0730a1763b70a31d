"""Ctrl-C at the right moments only: between two steps of a simulation, and never while we clean up after ourselves.

An exception raised wherever the signal happens to arrive could be swallowed by a simulated program, or leave things
half taken down. An end is bounded in time, so an impatient second Ctrl-C need not cut it short and leave processes.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

_INTERRUPTS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def heard_interrupts() -> tuple[signal.Signals, ...]:
    """Return the signals that ask us to end: Ctrl-C, SIGTERM, the terminal that is closed.

    Those that are ignored when we start stay so: by `nohup`, or by a shell that has put us into the background.
    """
    return tuple(interrupt for interrupt in _INTERRUPTS if signal.getsignal(interrupt) is not signal.SIG_IGN)


@contextmanager
def interrupts_restored() -> Iterator[None]:
    """Let interrupts work at the end as they did at the beginning."""
    before = {interrupt: signal.getsignal(interrupt) for interrupt in _INTERRUPTS}
    try:
        yield
    finally:
        for interrupt, handler in before.items():
            signal.signal(interrupt, handler)


def ignore_interrupts() -> None:
    """Ignore interrupts until they are restored; start no process meanwhile, because it would ignore them too."""
    for interrupt in _INTERRUPTS:
        signal.signal(interrupt, signal.SIG_IGN)


@contextmanager
def first_interrupt_handled_by(stop: Callable[[], None]) -> Iterator[None]:
    """Call `stop` at the first interrupt; the next one does again what it did before."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread hears signals
        return
    before = {interrupt: signal.getsignal(interrupt) for interrupt in heard_interrupts()}

    def on_interrupt(_number: int, _frame: FrameType | None) -> None:
        for interrupt, handler in before.items():
            signal.signal(interrupt, handler)
        stop()

    with interrupts_restored():
        for interrupt in before:
            signal.signal(interrupt, on_interrupt)
        yield


@dataclass
class Interrupts:
    """How many there were."""

    count: int = 0


@contextmanager
def interrupts_counted() -> Iterator[Interrupts]:
    """Only count interrupts, for whoever looks now and then; afterwards they are ignored until they are restored."""
    interrupts = Interrupts()

    def on_interrupt(_number: int, _frame: FrameType | None) -> None:
        interrupts.count += 1

    for interrupt in heard_interrupts():
        signal.signal(interrupt, on_interrupt)
    try:
        yield interrupts
    finally:
        ignore_interrupts()
