"""Deliveries: what is on its way, to whom, since when and how far.

A row exists as long as there is something left to do; the journal tells what was done. What an endpoint never got is
written down apart, because a merchant may ask for the events of which that is so.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from psp_chaos.errors import NoSuchDelivery
from psp_chaos.faults.verdicts import Distortion
from psp_chaos.keeping.archive import Archive


class State(StrEnum):
    """Where a delivery stands; one that has ended stands nowhere."""

    WAITING = "waiting"  # for the time at which its entry in the agenda is due
    SENDING = "sending"
    HELD = "held"  # by hand, until it is released by hand


@dataclass(frozen=True, kw_only=True, slots=True)
class Alias:
    """What an invented event calls itself and its object."""

    event_id: str
    object_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """One event on its way to one endpoint."""

    id: str
    event_id: str
    endpoint_id: str
    state: State
    attempts: int = 0  # tries that were begun
    due_at_us: int  # when it is or was to be sent
    entry_id: str | None = None  # what waits for that in the agenda
    rank: int = 0  # of those that are held a smaller one goes first
    yields: bool = False  # it waits only until a later event of its story was tried
    fault: str | None = None  # the one that shaped it
    distortion: Distortion | None = None
    alias: Alias | None = None  # it carries an invented event, for which the true one is the model

    def distortion_of(self, attempt: int) -> Distortion | None:
        """Return how this try is distorted."""
        distortion = self.distortion
        if distortion is None or (distortion.tries is not None and attempt > distortion.tries):
            return None
        return distortion


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """An endpoint was to get an event and will not."""

    event_id: str
    endpoint_id: str


class Deliveries:
    """The deliveries of one realm that are under way, in the order in which they were begun."""

    def __init__(self, archive: Archive) -> None:
        self.rows = archive.shelf("deliveries", Delivery)
        self.failures = archive.shelf("failed_deliveries", Failure)
        self._rows_of = Counter(row.event_id for row in self.rows.values())
        self._pending = Counter(row.event_id for row in self.rows.values() if row.alias is None)
        self._failed: dict[str, set[str]] = {}  # endpoints by event
        for failure in self.failures.values():
            self._failed.setdefault(failure.event_id, set()).add(failure.endpoint_id)
        self._yielding = {row.id: None for row in self.rows.values() if row.yields}

    def delivery(self, delivery_id: str) -> Delivery:
        """Return the delivery of this identifier, or raise `NoSuchDelivery`."""
        if delivery_id not in self.rows:
            raise NoSuchDelivery(f"No delivery '{delivery_id}' is under way.")
        return self.rows[delivery_id]

    def put(self, row: Delivery) -> Delivery:
        """Write down how a delivery stands."""
        if row.id not in self.rows:
            self._rows_of[row.event_id] += 1
            self._pending[row.event_id] += row.alias is None
        self.rows[row.id] = row
        if row.yields:
            self._yielding[row.id] = None
        else:
            self._yielding.pop(row.id, None)
        return row

    def remove(self, row: Delivery) -> None:
        """Take off what has ended, whether well or not."""
        del self.rows[row.id]
        self._yielding.pop(row.id, None)
        _count_down(self._rows_of, row.event_id, by=1)
        _count_down(self._pending, row.event_id, by=int(row.alias is None))

    def pending(self, event_id: str) -> int:
        """Tell how many endpoints have yet to get an event."""
        return self._pending[event_id]

    def needs(self, event_id: str) -> bool:
        """Tell whether any delivery is made of this event."""
        return self._rows_of[event_id] > 0

    def got_through(self, event_id: str) -> bool:
        """Tell whether every endpoint that was to get an event has got it."""
        return not self._pending[event_id] and event_id not in self._failed

    def fail(self, *, event_id: str, endpoint_id: str) -> None:
        """Write down that an endpoint will not get an event."""
        self.failures[_key(event_id, endpoint_id)] = Failure(event_id=event_id, endpoint_id=endpoint_id)
        self._failed.setdefault(event_id, set()).add(endpoint_id)

    def forgive(self, *, event_id: str, endpoint_id: str) -> None:
        """Forget that an endpoint did not get an event: it has got it after all."""
        if self.failures.pop(_key(event_id, endpoint_id), None) is not None:
            self._failed[event_id].discard(endpoint_id)
            if not self._failed[event_id]:
                del self._failed[event_id]

    def forget(self, event_id: str) -> None:
        """Forget who did not get an event about which nobody can ask any more."""
        for endpoint_id in self._failed.pop(event_id, ()):
            del self.failures[_key(event_id, endpoint_id)]

    def yielding(self) -> list[Delivery]:
        """Return what waits to be overtaken."""
        return [self.rows[delivery_id] for delivery_id in self._yielding]

    def where(self, condition: Callable[[Delivery], bool]) -> list[Delivery]:
        """Return the deliveries of which this is so."""
        return [row for row in self.rows.values() if condition(row)]


def _key(event_id: str, endpoint_id: str) -> str:
    return f"{event_id}/{endpoint_id}"


def _count_down(counter: Counter[str], event_id: str, *, by: int) -> None:
    counter[event_id] -= by
    if not counter[event_id]:
        del counter[event_id]  # a Counter keeps its zeros otherwise
