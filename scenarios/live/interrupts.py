"""Ctrl-C at the right moments only: never while we clean up after ourselves.

An end is bounded in time, so an impatient second Ctrl-C need not cut it short and leave processes behind.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

_INTERRUPTS = (signal.SIGINT, signal.SIGTERM)


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
