"""What the diaries have about some purchases: a few rows of millions, found in one passage through each diary."""

from collections.abc import Set as AbstractSet

from reports.evidence import Evidence, PspBooks, ServiceBooks
from reports.records import FaultBite
from reports.story.bites import is_of_machine, named, sender
from reports.story.names import Names


def excerpt(evidence: Evidence, names: Names) -> Evidence:
    """Return the evidence with the rows alone that carry one of these names, in their order.

    What befell a machine or a customer's wire names no purchase. It stays in, for whoever knows when it was. Long
    books are gone through by lists, which takes less than generators do.
    """
    orders, payments = names.orders, names.payments
    diary = tuple([entry for entry in evidence.diary if entry.order_id in orders or entry.payment_id in payments])
    customers, about = frozenset(entry.customer for entry in diary), names.orders | payments | names.psp_objects
    return Evidence(
        manifest=evidence.manifest,
        diary=diary,
        service=_service(evidence.service, names),
        psp=_psp(evidence.psp, names),
        faults=tuple([bite for bite in evidence.faults if _has_bitten(bite, about, customers)]),
        notices=tuple(notice for notice in evidence.notices or () if notice.payment_id in payments),
    )


def _service(books: ServiceBooks, names: Names) -> ServiceBooks:
    payments, objects = names.payments, names.psp_objects
    return ServiceBooks(
        payments=tuple(row for row in books.payments or () if row.id in payments),
        transitions=tuple([row for row in books.transitions or () if row.payment_id in payments]),
        attempts=tuple(row for row in books.attempts or () if row.payment_id in payments),
        refunds=tuple(row for row in books.refunds or () if row.payment_id in payments),
        inbox=tuple(row for row in books.inbox or () if row.psp_object_id in objects),
        discrepancies=tuple(
            row for row in books.discrepancies or () if row.payment_id in payments or row.object in objects
        ),
    )


def _psp(books: PspBooks, names: Names) -> PspBooks:
    objects, keys = names.psp_objects, names.psp_keys
    return PspBooks(
        payments=tuple(payment for payment in books.payments if payment.id in objects),
        refunds=tuple(refund for refund in books.refunds if refund.id in objects),
        movements=tuple(movement for movement in books.movements if movement.payment in objects),
        journal=tuple([entry for entry in books.journal if entry.object in objects or entry.idempotency_key in keys]),
    )


def _has_bitten(bite: FaultBite, about: AbstractSet[str], customers: AbstractSet[str]) -> bool:
    return is_of_machine(bite) or not about.isdisjoint(named(bite)) or sender(bite) in customers
