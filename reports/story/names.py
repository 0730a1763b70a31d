"""Under which names purchases appear in the diaries: one name leads to the next.

The names are the order, the service's payments, the PSP's payments and refunds, and the keys of attempts.
"""

from collections.abc import Collection
from dataclasses import dataclass

from reports.evidence import Evidence


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """What a story is about: an order, or a payment of which nobody may know the order."""

    order_id: str | None
    payment_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Names:
    """All names of some purchases."""

    orders: frozenset[str]
    payments: frozenset[str]  # the service's
    psp_objects: frozenset[str]  # payments and refunds
    psp_keys: frozenset[str]

    @classmethod
    def of(cls, subjects: Collection[Subject], evidence: Evidence) -> "Names":
        """Return every name that these subjects have anywhere; each diary is gone through once or twice, for all."""
        payments = {subject.payment_id for subject in subjects if subject.payment_id}
        orders = {subject.order_id for subject in subjects if subject.order_id} | _orders_of(payments, evidence)
        payments |= _payments_of(orders, evidence)
        psp_payments = _psp_payments_of(orders, payments, evidence)
        return cls(
            orders=frozenset(orders),
            payments=frozenset(payments),
            psp_objects=frozenset(
                psp_payments | {refund.id for refund in evidence.psp.refunds if refund.payment in psp_payments}
            ),
            psp_keys=frozenset(
                attempt.psp_key for attempt in evidence.service.attempts or () if attempt.payment_id in payments
            ),
        )


def _orders_of(payments: Collection[str], evidence: Evidence) -> set[str]:
    if not payments:
        return set()
    told = {entry.order_id for entry in evidence.diary if entry.payment_id in payments}
    return told | {row.order_id for row in evidence.service.payments or () if row.id in payments and row.order_id}


def _payments_of(orders: Collection[str], evidence: Evidence) -> set[str]:
    told = {entry.payment_id for entry in evidence.diary if entry.order_id in orders and entry.payment_id is not None}
    return told | {row.id for row in evidence.service.payments or () if row.order_id in orders}


def _psp_payments_of(orders: Collection[str], payments: Collection[str], evidence: Evidence) -> set[str]:
    # Money that nobody knows stands for itself, so that its own name may be given for an order.
    return {
        one.id
        for one in evidence.psp.payments
        if one.id in orders or one.order_named in orders or one.payment_named in payments
    }
