"""The story of one purchase: what customer, service, worker and PSP did, in the order of time.

The evidence knows no single thread of cause and effect, so the story is gathered from all diaries by the names that
they share: the order, the service's payment, the PSP's payment, refunds, and the keys of attempts.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import groupby
from types import MappingProxyType

from reports.evidence import Evidence
from reports.money import format_money
from reports.records import Action, DiaryEntry, JournalEntry, Outcome, PspMovement, Transition
from reports.spans import duration

_MICROSECONDS = 1_000_000
_LINES_MAX = 60
_WISHES = MappingProxyType(
    {Action.CREATE.value: "a payment", Action.REFUND.value: "a refund", Action.CANCEL.value: "a cancel"}
)


class Who(StrEnum):
    """Whose line it is."""

    CUSTOMER = "customer"
    SERVICE = "service"
    WORKER = "worker"
    PSP = "PSP"


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One thing that happened."""

    at_us: int
    who: Who
    what: str
    is_fault: bool = False  # something was broken on purpose here


@dataclass(frozen=True, kw_only=True, slots=True)
class _Names:
    """Under which names the purchase appears in the diaries."""

    orders: frozenset[str]
    payments: frozenset[str]
    psp_objects: frozenset[str]
    psp_keys: frozenset[str]


def tell(evidence: Evidence, *, order_id: str | None, payment_id: str | None) -> tuple[Line, ...]:
    """Return the story of a purchase; a long one is shortened in the middle."""
    names = _names(evidence, order_id=order_id, payment_id=payment_id)
    lines = [
        *_customer_lines(evidence, names),
        *_service_lines(evidence, names),
        *_psp_lines(evidence, names),
    ]
    # Simultaneous lines keep the order customer, service, PSP, since the sort is stable.
    return _shortened(list(_folded(sorted(lines, key=lambda line: line.at_us))))


def _names(evidence: Evidence, *, order_id: str | None, payment_id: str | None) -> _Names:
    rows = evidence.service.payments or ()
    told = {(entry.order_id, entry.payment_id) for entry in evidence.diary if entry.payment_id is not None}
    told |= {(row.order_id, row.id) for row in rows if row.order_id is not None}
    orders = {order for order in [order_id] if order} | {order for order, payment in told if payment == payment_id}
    payments = {payment for order, payment in told if order in orders} | {name for name in [payment_id] if name}
    attempts = [attempt for attempt in evidence.service.attempts or () if attempt.payment_id in payments]
    psp_payments = {
        payment.id
        for payment in evidence.psp.payments
        if payment.id in orders or payment.order_named in orders or payment.payment_named in payments
    }
    psp_refunds = {refund.id for refund in evidence.psp.refunds if refund.payment in psp_payments}
    return _Names(
        orders=frozenset(orders),
        payments=frozenset(payments),
        psp_objects=frozenset(psp_payments | psp_refunds),
        psp_keys=frozenset(attempt.psp_key for attempt in attempts),
    )


def _customer_lines(evidence: Evidence, names: _Names) -> Iterator[Line]:
    for entry in evidence.diary:
        if entry.order_id not in names.orders and entry.payment_id not in names.payments:
            continue
        if entry.action == Action.READ:
            # A look tells nothing before it is answered, so it is one line.
            at_us = entry.answered_at_us or entry.asked_at_us
            yield Line(at_us=at_us, who=Who.CUSTOMER, what=f"looks: {_answered(entry)}")
            continue
        yield Line(at_us=entry.asked_at_us, who=Who.CUSTOMER, what=_asked(entry))
        if entry.answered_at_us is not None:
            what = f"request {entry.op} is answered: {_answered(entry)}"
            yield Line(at_us=entry.answered_at_us, who=Who.CUSTOMER, what=what)


def _asked(entry: DiaryEntry) -> str:
    price = ""
    if entry.amount_minor is not None:
        price = (
            f" of {format_money(entry.amount_minor, entry.currency)}" if entry.currency else f" of {entry.amount_minor}"
        )
    key = f", {entry.key}" if entry.key else ""
    lost = ", which is never answered" if entry.answered_at_us is None else ""
    return f"asks for {_WISHES.get(entry.action, entry.action)}{price} (request {entry.op}{key}){lost}"


def _answered(entry: DiaryEntry) -> str:
    if entry.answered_at_us is None:
        return "no answer"
    shown = entry.status_shown or f"status {entry.http_status}"
    replayed = ", a remembered answer" if entry.replayed else ""
    unknown = ", so the outcome is unknown" if entry.outcome == Outcome.UNKNOWN else ""
    return f"{shown}{replayed}{unknown}"


def _service_lines(evidence: Evidence, names: _Names) -> Iterator[Line]:
    for step in evidence.service.transitions or ():
        if step.payment_id in names.payments:
            yield _step(step)
    for event in evidence.service.inbox or ():
        if event.psp_object_id in names.psp_objects:
            what = f"webhook {event.type} received: {event.state}"
            yield Line(at_us=event.received_at_us, who=Who.SERVICE, what=what)
    for refund in evidence.service.refunds or ():
        if refund.payment_id in names.payments:
            yield Line(at_us=refund.created_at_us, who=Who.SERVICE, what=f"refund {refund.id} promised")
            if refund.settled_at_us is not None:
                yield Line(at_us=refund.settled_at_us, who=Who.SERVICE, what=f"refund {refund.id} is {refund.state}")
    for discrepancy in evidence.service.discrepancies or ():
        if discrepancy.payment_id in names.payments:
            what = f"found a discrepancy: {discrepancy.kind} ({discrepancy.state})"
            yield Line(at_us=discrepancy.found_at_us, who=Who.SERVICE, what=what)


def _step(step: Transition) -> Line:
    who = Who.WORKER if step.source == "worker" else Who.SERVICE
    moved = step.to_state if step.from_state is None else f"{step.from_state} → {step.to_state}"
    by = f" ({step.source})" if step.source and step.source != "worker" else ""
    reason = f": {step.reason}" if step.reason else ""
    return Line(at_us=step.at_us, who=who, what=f"{moved}{by}{reason}")


def _psp_lines(evidence: Evidence, names: _Names) -> Iterator[Line]:
    told: set[tuple[str | None, str | None]] = set()
    for entry in evidence.psp.journal:
        if entry.object in names.psp_objects or entry.idempotency_key in names.psp_keys:
            told.add((entry.fault, entry.object))
            yield _exchange(entry)
    for movement in evidence.psp.movements:
        if movement.payment in names.psp_objects:
            yield Line(at_us=movement.at_us, who=Who.PSP, what=_moved(movement))
    for bite in evidence.faults:
        is_ours = {bite.object, bite.target} & (names.psp_objects | names.payments | names.orders)
        # A bite that the journal has told already, at the exchange that it spoilt, is not told twice.
        if is_ours and (bite.fault, bite.object) not in told:
            what = f"fault {bite.fault} bites: {bite.kind}"
            yield Line(at_us=bite.at_us, who=Who.PSP, what=what, is_fault=True)


def _exchange(entry: JournalEntry) -> Line:
    answer = "never answered" if entry.status is None else f"status {entry.status}"
    fault = f" ({entry.fault})" if entry.fault else ""
    if entry.kind == "webhook":
        what = f"webhook {entry.event_type}, attempt {entry.attempt}: {answer}{fault}"
    else:
        replayed = ", a remembered answer" if entry.replayed else ""
        what = f"is asked to {(entry.operation or 'do something').replace('_', ' ')}: {answer}{replayed}{fault}"
    return Line(at_us=entry.at_us, who=Who.PSP, what=what, is_fault=entry.fault is not None)


def _moved(movement: PspMovement) -> str:
    amount = format_money(abs(movement.amount_minor), movement.currency)
    match movement.kind:
        case "capture":
            return f"takes {amount} from the customer"
        case "refund":
            return f"gives {amount} back"
        case _:
            return f"{amount} comes back from the bank: {movement.kind.replace('_', ' ')}"


def _folded(lines: Sequence[Line]) -> Iterator[Line]:
    """Tell once what a customer saw several times in a row; what others do twice may be the very point."""
    for (who, _), group in groupby(lines, key=lambda line: (line.who, line.what)):
        same = list(group)
        if who is not Who.CUSTOMER or len(same) == 1:
            yield from same
            continue
        span = duration((same[-1].at_us - same[0].at_us) / _MICROSECONDS)
        yield replace(same[0], what=f"{same[0].what} ({len(same)} times within {span})")


def _shortened(lines: list[Line]) -> tuple[Line, ...]:
    if len(lines) <= _LINES_MAX:
        return tuple(lines)
    head, tail = lines[: _LINES_MAX * 2 // 3], lines[-(_LINES_MAX // 3) :]
    omitted = len(lines) - len(head) - len(tail)
    gap = Line(at_us=head[-1].at_us, who=Who.SERVICE, what=f"… {omitted} more lines are left out here …")
    return (*head, gap, *tail)
