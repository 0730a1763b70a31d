"""Between rows and the engine's objects; columns are named as fields, except where money is one object."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from types import MappingProxyType

from sqlalchemy import RowMapping

from engine.attempt import Attempt, AttemptKind
from engine.idempotency import Answer, KeyedRequest
from engine.inbox import EventState, InboxEntry
from engine.lifecycle import AttemptState, PaymentState, RefundState, Source
from engine.money import Money
from engine.payment import Move, Payment, Transition
from engine.reconciliation import Discrepancy, DiscrepancyKind, DiscrepancyState
from engine.refund import Refund
from engine.repair import Repair
from engine.settlement import Case
from engine.statement import LineKind, Progress, StatementLine

type Row = RowMapping


def key_values(request: KeyedRequest, answer: Answer | None, *, now_us: int, expires_at_us: int) -> dict[str, object]:
    """Return the columns of a claimed key."""
    return {
        **asdict(request.scope),
        "fingerprint": request.fingerprint,
        "status": None if answer is None else answer.status,
        "body": None if answer is None else answer.body,
        "created_at_us": now_us,
        "expires_at_us": expires_at_us,
    }


def payment_of(row: Row, *, prefix: str = "") -> Payment:
    """Return the payment of a row whose columns may carry a prefix."""
    return Payment(
        id=row[f"{prefix}id"],
        merchant_id=row[f"{prefix}merchant_id"],
        order_id=row[f"{prefix}order_id"],
        amount=Money(amount_minor=row[f"{prefix}amount_minor"], currency=row[f"{prefix}currency"]),
        payment_method=row[f"{prefix}payment_method"],
        description=row[f"{prefix}description"],
        metadata=row[f"{prefix}metadata"],
        state=PaymentState(row[f"{prefix}state"]),
        failure_reason=row[f"{prefix}failure_reason"],
        captured_minor=row[f"{prefix}captured_minor"],
        refunded_minor=row[f"{prefix}refunded_minor"],
        created_at_us=row[f"{prefix}created_at_us"],
        updated_at_us=row[f"{prefix}updated_at_us"],
        cancel_requested_at_us=row[f"{prefix}cancel_requested_at_us"],
    )


def payment_changes(payment: Payment) -> dict[str, object]:
    """Return the columns of a payment that its moves may change."""
    return {
        "state": payment.state,
        "failure_reason": payment.failure_reason,
        "captured_minor": payment.captured_minor,
        "refunded_minor": payment.refunded_minor,
        "updated_at_us": payment.updated_at_us,
    }


def payment_values(payment: Payment) -> dict[str, object]:
    """Return the columns of a payment."""
    return {
        "id": payment.id,
        "merchant_id": payment.merchant_id,
        "order_id": payment.order_id,
        "amount_minor": payment.amount.amount_minor,
        "currency": payment.amount.currency,
        "payment_method": payment.payment_method,
        "description": payment.description,
        "metadata": dict(payment.metadata),
        "state": payment.state,
        "failure_reason": payment.failure_reason,
        "captured_minor": payment.captured_minor,
        "refunded_minor": payment.refunded_minor,
        "created_at_us": payment.created_at_us,
        "updated_at_us": payment.updated_at_us,
        "cancel_requested_at_us": payment.cancel_requested_at_us,
    }


def attempt_of(row: Row, *, prefix: str = "") -> Attempt:
    """Return the attempt of a row whose columns may carry a prefix."""
    return Attempt(
        id=row[f"{prefix}id"],
        payment_id=row[f"{prefix}payment_id"],
        refund_id=row[f"{prefix}refund_id"],
        kind=AttemptKind(row[f"{prefix}kind"]),
        psp_key=row[f"{prefix}psp_key"],
        psp_id=row[f"{prefix}psp_id"],
        state=AttemptState(row[f"{prefix}state"]),
        tries=row[f"{prefix}tries"],
        created_at_us=row[f"{prefix}created_at_us"],
        first_sent_at_us=row[f"{prefix}first_sent_at_us"],
        settled_at_us=row[f"{prefix}settled_at_us"],
        due_at_us=row[f"{prefix}due_at_us"],
        lease_until_us=row[f"{prefix}lease_until_us"],
    )


def attempt_values(attempt: Attempt) -> dict[str, object]:
    """Return the columns of an attempt."""
    return asdict(attempt)


def attempt_changes(attempt: Attempt) -> dict[str, object]:
    """Return the columns of an attempt that may ever change; its key is not among them."""
    return {
        "psp_id": attempt.psp_id,
        "state": attempt.state,
        "tries": attempt.tries,
        "first_sent_at_us": attempt.first_sent_at_us,
        "settled_at_us": attempt.settled_at_us,
        "due_at_us": attempt.due_at_us,
        "lease_until_us": attempt.lease_until_us,
    }


def refund_of(row: Row, *, currency: str, prefix: str = "") -> Refund:
    """Return the refund of a row whose columns may carry a prefix; its currency is the payment's."""
    return Refund(
        id=row[f"{prefix}id"],
        payment_id=row[f"{prefix}payment_id"],
        amount=Money(amount_minor=row[f"{prefix}amount_minor"], currency=currency),
        reason=row[f"{prefix}reason"],
        state=RefundState(row[f"{prefix}state"]),
        psp_refund_id=row[f"{prefix}psp_refund_id"],
        created_at_us=row[f"{prefix}created_at_us"],
        settled_at_us=row[f"{prefix}settled_at_us"],
    )


def refund_values(refund: Refund) -> dict[str, object]:
    """Return the columns of a refund."""
    return {
        "id": refund.id,
        "payment_id": refund.payment_id,
        "amount_minor": refund.amount.amount_minor,
        "reason": refund.reason,
        "state": refund.state,
        "psp_refund_id": refund.psp_refund_id,
        "created_at_us": refund.created_at_us,
        "settled_at_us": refund.settled_at_us,
    }


def refund_changes(refund: Refund) -> dict[str, object]:
    """Return the columns of a refund that may change."""
    return {"state": refund.state, "psp_refund_id": refund.psp_refund_id, "settled_at_us": refund.settled_at_us}


def case_of(row: Row) -> Case:
    """Return the case of a row that has all of it."""
    payment, attempt = payment_of(row, prefix="payment_"), attempt_of(row, prefix="attempt_")
    refund = None
    if attempt.refund_id is not None:
        refund = refund_of(row, currency=payment.amount.currency, prefix="refund_")
    return Case(payment=payment, attempt=attempt, refund=refund)


_NO_TRANSITION: Mapping[str, object] = MappingProxyType({f"transition__{one.name}": None for one in fields(Transition)})
_NO_EVENT: Mapping[str, object] = MappingProxyType({f"event__{one.name}": None for one in fields(InboxEntry)})


def advance_values(before: Case, after: Case, *, move: Move | None, event: InboxEntry | None) -> dict[str, object]:
    """Return what a case was and what it has become, as the statement that compares and writes wants it."""
    transition = move.transition if move is not None else None
    return {
        "attempt_id": after.attempt.id,
        "is_moved": move is not None,
        "is_tried": after.attempt != before.attempt,
        "is_closed": after.refund != before.refund,
        **_changes_of(before, suffix="_before"),
        "payment_before__cancel_requested_at_us": before.payment.cancel_requested_at_us,
        **_changes_of(after),
        **(_NO_TRANSITION if transition is None else prefixed(asdict(transition), "transition")),
        **(_NO_EVENT if event is None else prefixed(asdict(event), "event")),
    }


def _changes_of(case: Case, *, suffix: str = "") -> dict[str, object]:
    values = {
        **prefixed(payment_changes(case.payment), f"payment{suffix}"),
        **prefixed(attempt_changes(case.attempt), f"attempt{suffix}"),
    }
    return values if case.refund is None else values | prefixed(refund_changes(case.refund), f"refund{suffix}")


def transition_of(row: Row) -> Transition:
    """Return the transition of a row."""
    return Transition(
        payment_id=row["payment_id"],
        from_state=None if row["from_state"] is None else PaymentState(row["from_state"]),
        to_state=PaymentState(row["to_state"]),
        reason=row["reason"],
        source=Source(row["source"]),
        at_us=row["at_us"],
    )


def entry_of(row: Row) -> InboxEntry:
    """Return the inbox entry of a row."""
    return InboxEntry(
        event_id=row["event_id"],
        type=row["type"],
        psp_object_id=row["psp_object_id"],
        payload=row["payload"],
        state=EventState(row["state"]),
        received_at_us=row["received_at_us"],
        applied_at_us=row["applied_at_us"],
        due_at_us=row["due_at_us"],
        tries=row["tries"],
        lease_until_us=row["lease_until_us"],
    )


def entry_changes(entry: InboxEntry) -> dict[str, object]:
    """Return the columns of an inbox entry that may change."""
    return {
        "state": entry.state,
        "applied_at_us": entry.applied_at_us,
        "due_at_us": entry.due_at_us,
        "tries": entry.tries,
    }


def discrepancy_values(discrepancy: Discrepancy, *, discrepancy_id: str) -> dict[str, object]:
    """Return the columns of a discrepancy; its subject lives in the evidence."""
    return {
        "id": discrepancy_id,
        "kind": discrepancy.kind,
        "payment_id": discrepancy.payment_id,
        "amount_minor": discrepancy.money.amount_minor,
        "currency": discrepancy.money.currency,
        "state": discrepancy.state,
        "evidence": {"subject": discrepancy.subject, **discrepancy.evidence},
        "found_at_us": discrepancy.found_at_us,
        "closed_at_us": None,
        "due_at_us": discrepancy.found_at_us if discrepancy.state is DiscrepancyState.OPEN else None,
    }


def discrepancy_of(row: Row) -> Discrepancy:
    """Return the discrepancy of a row."""
    evidence = dict(row["evidence"])
    return Discrepancy(
        kind=DiscrepancyKind(row["kind"]),
        subject=evidence.pop("subject"),
        payment_id=row["payment_id"],
        money=Money(amount_minor=row["amount_minor"], currency=row["currency"]),
        state=DiscrepancyState(row["state"]),
        evidence=evidence,
        found_at_us=row["found_at_us"],
    )


def repair_of(row: Row) -> Repair:
    """Return the repair of a discrepancy's row."""
    return Repair(
        discrepancy_id=row["id"],
        kind=DiscrepancyKind(row["kind"]),
        subject=row["evidence"]["subject"],
        attempt_id=row["evidence"]["attempt_id"],
        state=DiscrepancyState(row["state"]),
        tries=row["tries"],
        refusals=row["refusals"],
        due_at_us=row["due_at_us"],
        lease_until_us=row["lease_until_us"],
        closed_at_us=row["closed_at_us"],
    )


def repair_changes(repair: Repair) -> dict[str, object]:
    """Return the columns of a discrepancy that its repair may change."""
    return {
        "state": repair.state,
        "tries": repair.tries,
        "refusals": repair.refusals,
        "due_at_us": repair.due_at_us,
        "lease_until_us": repair.lease_until_us,
        "closed_at_us": repair.closed_at_us,
    }


def line_of(row: Row) -> StatementLine:
    """Return the statement's line of a row."""
    return StatementLine(
        id=row["id"],
        kind=LineKind(row["kind"]),
        psp_id=row["psp_id"],
        capture_psp_id=row["capture_psp_id"],
        attempt_id=row["attempt_id"],
        money=Money(amount_minor=row["amount_minor"], currency=row["currency"]),
        fee_minor=row["fee_minor"],
        reported_s=row["reported_s"],
    )


def line_values(line: StatementLine, *, at_us: int) -> dict[str, object]:
    """Return the columns of a line that was read now; one that concerns us is due for matching."""
    return {
        "id": line.id,
        "kind": line.kind,
        "psp_id": line.psp_id,
        "capture_psp_id": line.capture_psp_id,
        "attempt_id": line.attempt_id,
        "amount_minor": line.money.amount_minor,
        "currency": line.money.currency,
        "fee_minor": line.fee_minor,
        "reported_s": line.reported_s,
        "read_at_us": at_us,
        "due_at_us": None if line.speaks_of is None else at_us,
    }


def progress_of(row: Row) -> Progress:
    """Return the statement's progress of its row."""
    return Progress(
        covered_until_us=row["covered_until_us"],
        compared_until_us=row["compared_until_us"],
        due_at_us=row["due_at_us"],
        lease_until_us=row["lease_until_us"],
        tries=row["tries"],
        failures=row["failures"],
    )


def prefixed(values: Mapping[str, object], prefix: str) -> dict[str, object]:
    """Return the values under the names that composed statements give their parameters."""
    return {f"{prefix}__{name}": value for name, value in values.items()}
