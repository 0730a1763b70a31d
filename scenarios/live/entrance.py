"""Where Locust's users wait for the next customer of an open model.

Only for Locust's own process: importing this imports gevent. A user takes the next moment of the schedule and sleeps
until then. Whoever is free only after it begins late, and says so by when the customer was due.
"""

import time
from collections.abc import Iterator

import gevent
from gevent.event import Event

_MICROSECONDS = 1_000_000


class Entrance:
    """Lets one customer in after the other; closed until the load has begun."""

    def __init__(self) -> None:
        self._is_open = Event()
        self._moments: Iterator[tuple[int, int]] = iter(())
        self._began_at_us = 0

    def open(self, moments: Iterator[int], *, began_at_us: int) -> None:
        """Let customers in from now on, at these moments after the beginning; opening it again changes nothing."""
        if not self._is_open.is_set():
            self._moments, self._began_at_us = enumerate(moments, start=1), began_at_us
            self._is_open.set()

    def next(self) -> tuple[int, int]:
        """Wait until the next customer is due; return its number and when that was, in microseconds."""
        self._is_open.wait()
        number, moment_us = next(self._moments)
        due_at_us = self._began_at_us + moment_us
        gevent.sleep(max(0.0, due_at_us / _MICROSECONDS - time.time()))
        return number, due_at_us
