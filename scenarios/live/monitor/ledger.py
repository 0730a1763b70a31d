"""Everybody's rows of one load by purchase, as far as they were read, and which purchases have news.

All that the judge says of one purchase follows from the rows of that purchase. So only those with news are looked at
again, and an hour of load costs no more at its end than at its beginning.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from msgspec.structs import replace

from reports.evidence import Evidence, PspBooks, ServiceBooks
from reports.jsonlines import read_rows
from reports.records import (
    DiaryEntry,
    Discrepancy,
    Manifest,
    Payment,
    PspMovement,
    PspPayment,
    PspRefund,
    PspStatus,
    Refund,
    Transition,
)

type Row = Mapping[str, Any]  # from three strangers; each is held against the format


@dataclass(kw_only=True, slots=True)
class _Purchase:
    """All rows about one purchase, each book by the key of its rows."""

    diary: dict[object, DiaryEntry] = field(default_factory=dict)
    payments: dict[object, Payment] = field(default_factory=dict)
    transitions: dict[object, Transition] = field(default_factory=dict)
    refunds: dict[object, Refund] = field(default_factory=dict)
    discrepancies: dict[object, Discrepancy] = field(default_factory=dict)
    psp_payments: dict[object, PspPayment] = field(default_factory=dict)
    psp_refunds: dict[object, PspRefund] = field(default_factory=dict)
    movements: dict[object, PspMovement] = field(default_factory=dict)


class Ledger:
    """What is known of every purchase."""

    def __init__(self) -> None:
        self._purchases: dict[str, _Purchase] = {}
        self._changed: set[str] = set()
        self._order_of: dict[str, str] = {}  # by the service's payment and by the PSP's

    def note_diary(self, rows: Iterable[Row]) -> None:
        """Note what customers asked and saw; a later row about a request replaces the earlier one."""
        for entry in _read(rows, DiaryEntry):
            self._put(entry.order_id, "diary", (entry.customer, entry.asked_at_us, entry.op), entry)

    def note_service(self, books: Mapping[str, Iterable[Row]]) -> None:
        """Note rows of the service's books, by book; all of one snapshot."""
        for payment in _read(books["payments"], Payment):
            order = payment.order_id or payment.id
            self._order_of[payment.id] = order
            self._put(order, "payments", payment.id, payment)
        for step in _read(books["transitions"], Transition):
            self._put(self._order_of.get(step.payment_id), "transitions", (step.payment_id, step.sequence), step)
        for refund in _read(books["refunds"], Refund):
            self._put(self._order_of.get(refund.payment_id), "refunds", refund.id, refund)
        for found in _read(books["discrepancies"], Discrepancy):
            about = self._order_of.get(found.payment_id or "") or self._order_of.get(found.object or "")
            self._put(about, "discrepancies", found.id, found)

    def note_psp(self, books: Mapping[str, Iterable[Row]]) -> None:
        """Note new rows of the PSP's books, by book; only movements tell what became of a payment or a refund."""
        for payment in _read(books["payments"], PspPayment):
            named = self._order_of.get(payment.payment_named or "")
            order = payment.order_named or named or payment.id
            self._order_of[payment.id] = order
            self._put(order, "psp_payments", payment.id, payment)
        for refund in _read(books["refunds"], PspRefund):
            self._put(self._order_of.get(refund.payment), "psp_refunds", refund.id, refund)
        for movement in _read(books["movements"], PspMovement):
            self._put(self._order_of.get(movement.payment), "movements", movement.id, movement)

    @property
    def changed(self) -> frozenset[str]:
        """The purchases with news that nobody has reckoned with yet."""
        return frozenset(self._changed)

    def settle(self, orders: Iterable[str]) -> None:
        """Note that the news of these purchases has been reckoned with."""
        self._changed.difference_update(orders)

    def evidence(self, orders: Iterable[str], *, manifest: Manifest) -> Evidence:
        """Return what is known of these purchases, for the judge; books that are not watched are absent."""
        known = [self._purchases[order] for order in sorted(orders)]

        def rows[T](book: Callable[[_Purchase], Mapping[object, T]]) -> tuple[T, ...]:
            return tuple(row for purchase in known for row in book(purchase).values())

        movements = rows(attrgetter("movements"))
        return Evidence(
            manifest=manifest,
            diary=rows(attrgetter("diary")),
            service=ServiceBooks(
                payments=rows(attrgetter("payments")),
                transitions=rows(attrgetter("transitions")),
                refunds=rows(attrgetter("refunds")),
                discrepancies=rows(attrgetter("discrepancies")),
            ),
            psp=PspBooks(
                payments=tuple(_as_moved(row, movements) for row in rows(attrgetter("psp_payments"))),
                refunds=tuple(_as_returned(row, movements) for row in rows(attrgetter("psp_refunds"))),
                movements=movements,
                journal=(),
            ),
            faults=(),
        )

    def _put(self, order: str | None, book: str, key: object, row: object) -> None:
        if order is None:
            return  # it is about nothing that we know; the judge will see it in the end
        rows = getattr(self._purchases.setdefault(order, _Purchase()), book)
        if rows.get(key) != row:
            rows[key] = row
            self._changed.add(order)


def _read[T](rows: Iterable[Row], kind: type[T]) -> tuple[T, ...]:
    return read_rows(list(rows), kind, where=kind.__name__)


def _as_moved(payment: PspPayment, movements: Iterable[PspMovement]) -> PspPayment:
    """Return the PSP's payment as the movements tell it that were read; its row may be older, or newer."""
    captures = [one for one in movements if one.payment == payment.id and one.kind == "capture"]
    if captures:
        status = str(PspStatus.CAPTURED)
    else:
        status = PspStatus.PENDING if payment.status == PspStatus.CAPTURED else payment.status
    return replace(
        payment,
        status=status,
        captured_minor=sum(one.amount_minor for one in captures),
        captured_at_us=min((one.at_us for one in captures), default=None),
    )


def _as_returned(refund: PspRefund, movements: Iterable[PspMovement]) -> PspRefund:
    """Return the PSP's refund as it stands: what has come back long ago is told by its movement alone."""
    failed = [one.at_us for one in movements if one.refund == refund.id and one.kind == "refund_failure"]
    return replace(refund, status=PspStatus.FAILED, failed_at_us=failed[0]) if failed else refund
