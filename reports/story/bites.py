"""Which faults belong to one purchase: those that name it, and those of a machine or a wire amid its requests."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from reports.grouping import grouped
from reports.records import FaultBite

_UNANSWERED_US = 10_000_000  # for how long what happens may be why a request was never answered
_MACHINES = frozenset({"process", "clock"})

type Span = tuple[int, int | None]  # when a request was made, and when it was answered, if ever


class BiteIndex:
    """The bites of all faults, by whom they name."""

    def __init__(self, bites: Sequence[FaultBite]) -> None:
        by_name: defaultdict[str, list[FaultBite]] = defaultdict(list)
        for bite in bites:
            for name in _names(bite):
                by_name[name].append(bite)
        self._by_name = dict(by_name)
        self._by_sender = grouped(bites, _sender)
        self._of_machines = [bite for bite in bites if bite.where in _MACHINES]

    def about(
        self, names: Collection[str], *, customers: Mapping[str, Sequence[Span]], requests: Sequence[Span]
    ) -> tuple[FaultBite, ...]:
        """Return the bites about these names, and those amid requests: on the customers' wires or of machines."""
        found = {id(bite): bite for name in sorted(names) for bite in self._by_name.get(name, ())}
        for customer, asked in sorted(customers.items()):
            found |= {id(bite): bite for bite in _amid(self._by_sender.get(customer, ()), asked)}
        found |= {id(bite): bite for bite in _amid(self._of_machines, requests)}
        return tuple(sorted(found.values(), key=lambda bite: bite.at_us))


def _amid(bites: Iterable[FaultBite], spans: Sequence[Span]) -> Iterator[FaultBite]:
    for bite in bites:
        if any(begun_us <= bite.at_us <= (ended_us or begun_us + _UNANSWERED_US) for begun_us, ended_us in spans):
            yield bite


def _names(bite: FaultBite) -> set[str]:
    """Return what a bite names: an object, a target, a payment, and whatever stands in the path of a request."""
    path, payment_id = bite.detail.get("path"), bite.detail.get("payment_id")
    named = {bite.object, bite.target, *(path.split("/") if isinstance(path, str) else ())}
    return {name for name in (*named, payment_id) if isinstance(name, str) and name}


def _sender(bite: FaultBite) -> str | None:
    """Return who sent what was spoilt on a wire, such as `customer/7` of `customer/7->service`."""
    sender, arrow, _ = (bite.target or "").partition("->")
    return sender if arrow else None
