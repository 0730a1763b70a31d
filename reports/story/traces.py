"""What belongs to one purchase, found in all the diaries by the names that they share.

The names are the order, the service's payments, the PSP's payments and refunds, and the keys of attempts. Each diary is
indexed once; a story then costs what is in it, however long the run was.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from operator import attrgetter

from reports.evidence import Evidence
from reports.grouping import grouped
from reports.records import (
    Attempt,
    DiaryEntry,
    Discrepancy,
    FaultBite,
    InboxEvent,
    JournalEntry,
    Notice,
    Payment,
    PspMovement,
    Refund,
    Transition,
)
from reports.story.bites import BiteIndex


@dataclass(frozen=True, kw_only=True, slots=True)
class Traces:
    """What one purchase left in the diaries."""

    diary: tuple[DiaryEntry, ...]
    payments: tuple[Payment, ...]  # the service's rows
    attempts: tuple[Attempt, ...]
    transitions: tuple[Transition, ...]
    inbox: tuple[InboxEvent, ...]
    refunds: tuple[Refund, ...]
    discrepancies: tuple[Discrepancy, ...]
    journal: tuple[JournalEntry, ...]
    movements: tuple[PspMovement, ...]
    bites: tuple[FaultBite, ...]
    notices: tuple[Notice, ...] = ()  # what its merchant was told


@dataclass(frozen=True, kw_only=True, slots=True)
class _Names:
    """Under which names the purchase appears in the diaries."""

    orders: frozenset[str]
    payments: frozenset[str]
    psp_objects: frozenset[str]
    psp_keys: frozenset[str]


class Archive:
    """All diaries of a run, by name."""

    def __init__(self, evidence: Evidence) -> None:
        service, psp = evidence.service, evidence.psp
        self._bites = BiteIndex(evidence.faults)
        told = [(entry.order_id, entry.payment_id) for entry in evidence.diary if entry.payment_id is not None]
        told += [(row.order_id, row.id) for row in service.payments or () if row.order_id is not None]
        self._payments_of = _sets(told)
        self._orders_of = _sets((payment, order) for order, payment in told)
        self._diary_by_order = grouped(evidence.diary, attrgetter("order_id"))
        self._diary_by_payment = grouped(evidence.diary, attrgetter("payment_id"))
        self._payments = grouped(service.payments or (), attrgetter("id"))
        self._attempts = grouped(service.attempts or (), attrgetter("payment_id"))
        self._transitions = grouped(service.transitions or (), attrgetter("payment_id"))
        self._refunds = grouped(service.refunds or (), attrgetter("payment_id"))
        self._found_by_payment = grouped(service.discrepancies or (), attrgetter("payment_id"))
        self._found_by_object = grouped(service.discrepancies or (), attrgetter("object"))
        self._inbox = grouped(service.inbox or (), attrgetter("psp_object_id"))
        self._psp_ids = {payment.id for payment in psp.payments}
        self._psp_by_order = grouped(psp.payments, attrgetter("order_named"))
        self._psp_by_payment = grouped(psp.payments, attrgetter("payment_named"))
        self._psp_refunds = grouped(psp.refunds, attrgetter("payment"))
        self._journal_by_object = grouped(psp.journal, attrgetter("object"))
        self._journal_by_key = grouped(psp.journal, attrgetter("idempotency_key"))
        self._movements = grouped(psp.movements, attrgetter("payment"))
        self._notices = grouped(evidence.notices or (), attrgetter("payment_id"))

    def traces(self, *, order_id: str | None, payment_id: str | None) -> Traces:
        """Return everything that belongs to a purchase, each diary's rows in the order of time."""
        names = self._names(order_id=order_id, payment_id=payment_id)
        diary = _once(_of(self._diary_by_order, names.orders), _of(self._diary_by_payment, names.payments))
        journal = _once(_of(self._journal_by_object, names.psp_objects), _of(self._journal_by_key, names.psp_keys))
        found = _once(_of(self._found_by_payment, names.payments), _of(self._found_by_object, names.psp_objects))
        asked = [(entry.asked_at_us, entry.answered_at_us) for entry in diary]
        return Traces(
            diary=tuple(sorted(diary, key=attrgetter("op"))),
            payments=tuple(_of(self._payments, names.payments)),
            attempts=tuple(_of(self._attempts, names.payments)),
            transitions=tuple(_of(self._transitions, names.payments)),
            inbox=tuple(_of(self._inbox, names.psp_objects)),
            refunds=tuple(_of(self._refunds, names.payments)),
            discrepancies=tuple(sorted(found, key=attrgetter("found_at_us"))),
            journal=tuple(sorted(journal, key=attrgetter("at_us"))),
            movements=tuple(_of(self._movements, names.psp_objects)),
            notices=tuple(_of(self._notices, names.payments)),
            bites=self._bites.about(
                names.psp_objects | names.payments | names.orders,
                customers={entry.customer: asked for entry in diary},
                requests=[*asked, *((entry.at_us, entry.ended_at_us) for entry in journal)],
            ),
        )

    def _names(self, *, order_id: str | None, payment_id: str | None) -> _Names:
        orders = {order_id} if order_id else set()
        orders |= self._orders_of.get(payment_id or "", set())
        payments = {payment_id} if payment_id else set()
        payments |= {payment for order in orders for payment in self._payments_of.get(order, ())}
        psp_payments = orders & self._psp_ids  # money that nobody knows stands for itself
        psp_payments |= {one.id for one in _of(self._psp_by_order, orders)}
        psp_payments |= {one.id for one in _of(self._psp_by_payment, payments)}
        psp_refunds = {refund.id for refund in _of(self._psp_refunds, psp_payments)}
        return _Names(
            orders=frozenset(orders),
            payments=frozenset(payments),
            psp_objects=frozenset(psp_payments | psp_refunds),
            psp_keys=frozenset(attempt.psp_key for attempt in _of(self._attempts, payments)),
        )


def _of[Row](index: Mapping[str, list[Row]], names: Iterable[str]) -> Iterator[Row]:
    # In the order of the names: sets have another one in every process.
    return (row for name in sorted(names) for row in index.get(name, ()))


def _once[Row](*rows: Iterable[Row]) -> list[Row]:
    """Return rows that were found under several names once each; equal rows are not one row."""
    return list({id(row): row for some in rows for row in some}.values())


def _sets(pairs: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    sets: defaultdict[str, set[str]] = defaultdict(set)
    for name, member in pairs:
        sets[name].add(member)
    return dict(sets)
