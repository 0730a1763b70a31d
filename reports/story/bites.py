"""Which faults belong to one purchase: those that name it, and those of a machine or a wire amid its requests."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from operator import attrgetter

from reports.grouping import grouped
from reports.records import FaultBite

_at_us = attrgetter("at_us")
_UNANSWERED_US = 10_000_000  # for how long what happens may be why a request was never answered
_MACHINES = frozenset({"process", "clock"})

type Span = tuple[int, int | None]  # when a request was made, and when it was answered, if ever


class BiteIndex:
    """The bites of all faults, by whom they name."""

    def __init__(self, bites: Sequence[FaultBite]) -> None:
        by_name: defaultdict[str, list[FaultBite]] = defaultdict(list)
        for bite in bites:
            for name in named(bite):
                by_name[name].append(bite)
        self._by_name = dict(by_name)
        self._by_sender = grouped(bites, sender)
        self._of_machines = sorted(filter(is_of_machine, bites), key=_at_us)

    def about(
        self, names: Collection[str], *, customers: Mapping[str, Sequence[Span]], requests: Sequence[Span]
    ) -> tuple[FaultBite, ...]:
        """Return the bites about these names, and those amid requests: on the customers' wires or of machines."""
        found = {id(bite): bite for name in sorted(names) for bite in self._by_name.get(name, ())}
        for customer, asked in sorted(customers.items()):
            found |= {id(bite): bite for bite in _amid(sorted(self._by_sender.get(customer, ()), key=_at_us), asked)}
        found |= {id(bite): bite for bite in _amid(self._of_machines, requests)}
        return tuple(sorted(found.values(), key=_at_us))


def _amid(bites: Sequence[FaultBite], spans: Iterable[Span]) -> Iterator[FaultBite]:
    """Yield what happened within these spans, of bites in the order of time; what is in two of them, twice."""
    for begun_us, ended_us in spans:
        first = bisect_left(bites, begun_us, key=_at_us)
        yield from bites[first : bisect_right(bites, ended_us or begun_us + _UNANSWERED_US, key=_at_us)]


def is_of_machine(bite: FaultBite) -> bool:
    """Tell whether it befell a machine, and so all that it was doing."""
    return bite.where in _MACHINES


def named(bite: FaultBite) -> set[str]:
    """Return what a bite names: an object, a target, a payment, and whatever stands in the path of a request."""
    names = [bite.object, bite.target]
    # To look into the detail takes longer than all else, and most of them name nothing.
    if bite.detail is not None and ('"path"' in bite.detail or '"payment_id"' in bite.detail):
        path, payment_id = bite.told("path"), bite.told("payment_id")
        names += [payment_id] if isinstance(payment_id, str) else []
        names += path.split("/") if isinstance(path, str) else []
    return {name for name in names if name}


def sender(bite: FaultBite) -> str | None:
    """Return who sent what was spoilt on a wire, such as `customer/7` of `customer/7->service`."""
    if bite.target is None or "->" not in bite.target:
        return None
    return bite.target.partition("->")[0]
