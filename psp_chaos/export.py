"""What the PSP knows, as rows of plain data: its books, its journal and the bites of its faults."""

from dataclasses import asdict
from typing import Protocol

from psp_chaos.faults.installed import Bite, Faults
from psp_chaos.journal import DeliveryLine, Journal, RequestLine
from psp_chaos.money.books import Books
from psp_chaos.money.ledger import Ledger
from psp_chaos.records import Movement, Payment, Refund, RefundStatus

type Row = dict[str, object]


class Diary(Protocol):
    """Whoever has books, a journal and faults."""

    @property
    def books(self) -> Books:
        """Where the money is."""
        ...

    @property
    def ledger(self) -> Ledger:
        """Every movement of it."""
        ...

    @property
    def journal(self) -> Journal:
        """What was asked and told."""
        ...

    @property
    def faults(self) -> Faults:
        """What went wrong on purpose."""
        ...


def export_books(psp: Diary) -> dict[str, list[Row]]:
    """Return payments, refunds, movements and journal, each in the order in which it came about."""
    return {
        "payments": [payment_row(payment) for payment in psp.books.payments.values()],
        "refunds": [refund_row(refund) for refund in psp.books.refunds.values()],
        "movements": [movement_row(movement) for movement in psp.ledger.movements.values()],
        "journal": [line_row(line) for line in psp.journal.lines],
    }


def export_bites(psp: Diary) -> list[Row]:
    """Return every time a fault bit."""
    return [bite_row(bite) for bite in psp.faults.bites]


def payment_row(payment: Payment) -> Row:
    """Write a payment as it is kept with a run."""
    return {
        "id": payment.id,
        "amount_minor": payment.amount_minor,
        "currency": payment.currency,
        "status": payment.status.value,
        "captured_minor": payment.captured_minor,
        "refunded_minor": payment.refunded_minor,
        "metadata": dict(payment.metadata),
        "created_at_us": payment.created_at_us,
        "captured_at_us": payment.captured_at_us,
        "decided_at_us": payment.decided_at_us,
    }


def refund_row(refund: Refund) -> Row:
    """Write a refund as it is kept with a run."""
    has_ended_badly = refund.status in (RefundStatus.FAILED, RefundStatus.CANCELED)
    return {
        "id": refund.id,
        "payment": refund.payment_id,
        "amount_minor": refund.amount_minor,
        "currency": refund.currency,
        "status": refund.status.value,
        "metadata": dict(refund.metadata),
        "created_at_us": refund.created_at_us,
        "settled_at_us": refund.settled_at_us,
        "succeeded_at_us": refund.succeeded_at_us,
        "failed_at_us": refund.settled_at_us if has_ended_badly else None,
    }


def movement_row(movement: Movement) -> Row:
    """Write a movement of money as it is kept with a run."""
    return {
        "id": movement.id,
        "kind": movement.kind.value,
        "payment": movement.payment_id,
        "refund": movement.refund_id,
        "amount_minor": movement.amount_minor,
        "currency": movement.currency,
        "at_us": movement.at_us,
    }


def line_row(line: RequestLine | DeliveryLine) -> Row:
    """Write a line of the journal as it is kept with a run."""
    row = asdict(line)
    del row["number"], row["account"]  # a run has one account, and a file has an order
    row["object"] = row.pop("object_id")
    row["status"] = None if line.status is None else int(line.status)
    if isinstance(line, RequestLine):
        row["operation"] = line.operation.value
    else:
        row["lies"] = list(line.lies)
    return row


def bite_row(bite: Bite) -> Row:
    """Write a bite as it is kept with a run."""
    row = asdict(bite)
    row["object"] = row.pop("object_id")
    return row
