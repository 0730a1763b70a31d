"""I8: when the storm is over, everything comes to rest within the promised time.

What the PSP itself has not decided cannot be final in the service's books, so it is nobody's fault, unless a cancel was
accepted and the PSP would have canceled it, had anybody asked. The promise runs from the calm on, or from the moment
when the thing came to be known, whichever is later. Requests come to rest as well (`reports.checks.accidents`).
"""

from collections.abc import Iterator, Sequence

from reports.checks.accidents import accidents, wishes
from reports.checks.check import Breach, Check, Examination
from reports.checks.excuses import Excuses
from reports.evidence import Evidence
from reports.facts import Money
from reports.money import format_money
from reports.records import FINAL_STATES, Attempt, Payment, PspRefund, PspStatus, Refund, RefundState
from reports.truth import Truth

_UNSETTLED = frozenset({"UNSENT", "SENT"})
_MICROSECONDS = 1_000_000


def _examine(evidence: Evidence, truth: Truth) -> Examination:
    service = evidence.service
    books: tuple[Sequence[object] | None, ...] = (service.payments, service.refunds, service.inbox, service.attempts)
    # Every open matter yields a breach, or None where it may still be open.
    matters = [
        *_open_payments(evidence, truth),
        *_open_refunds(evidence, truth),
        *_parked_events(evidence, truth),
        *_left_over_attempts(evidence, truth),
    ]
    stuck, asked = (breach for breach in matters if breach is not None), wishes(evidence)
    return Examination(
        examined=sum(len(book or ()) for book in (*books, asked)),
        breaches=(*stuck, *_late_payments(evidence, truth), *accidents(asked, truth)),
        doubts=tuple(_doubts(len(matters), truth)),
    )


def _open_payments(evidence: Evidence, truth: Truth) -> Iterator[Breach | None]:
    for payment in evidence.service.payments or ():
        if payment.state not in FINAL_STATES:
            yield _stuck_payment(payment, truth.money_behind(payment.id, payment.order_id), truth)


def _stuck_payment(payment: Payment, behind: Sequence[Money], truth: Truth) -> Breach | None:
    canceled_at_us = truth.canceled_at_us.get(payment.id)
    since_us = max(
        [payment.created_at_us or truth.manifest.started_at_us, canceled_at_us or 0]
        + [money.payment.captured_at_us or money.payment.created_at_us for money in behind]
    )
    if any(_is_open(money, canceled_at_us) for money in behind) or not truth.is_due(since_us):
        return None
    word = f"says {behind[0].payment.status}" if behind else "has never heard of it"
    price = format_money(payment.amount_minor or 0, payment.currency or "")
    return Breach(
        at_us=truth.deadline_us(since_us),
        what=f"a payment of {price} is still {payment.state}; the PSP {word}",
        order_id=payment.order_id or truth.order_of.get(payment.id),
        payment_id=payment.id,
        amount_minor=payment.amount_minor or 0,
        currency=payment.currency,
    )


def _is_open(money: Money, canceled_at_us: int | None) -> bool:
    """Tell whether the PSP has a right to leave the payment undecided."""
    return money.is_undecided and not (canceled_at_us is not None and money.can_be_canceled)


def _late_payments(evidence: Evidence, truth: Truth) -> Iterator[Breach]:
    """Yield payments that did come to rest, but only after the promise had run out."""
    rested_at_us = _rested_at_us(evidence, truth)
    for payment in evidence.service.payments or ():
        since_us, at_us = _decided_at_us(payment, truth), rested_at_us.get(payment.id)
        if since_us is None or at_us is None or at_us <= truth.deadline_us(since_us):
            continue
        late_s = (at_us - truth.deadline_us(since_us)) / _MICROSECONDS
        yield Breach(
            at_us=truth.deadline_us(since_us),
            what=f"a payment came to rest {late_s:,.0f} s later than promised",
            order_id=payment.order_id or truth.order_of.get(payment.id),
            payment_id=payment.id,
            amount_minor=payment.amount_minor or 0,
            currency=payment.currency,
        )


def _rested_at_us(evidence: Evidence, truth: Truth) -> dict[str, int]:
    """Return when each payment was at rest at the latest, by payment id.

    The service's clock may be fast, so its word is held against what others saw: a payment that was shown to be final
    was at rest by then, and one that is final in the books was at rest when the run ended.
    """
    rested_at_us: dict[str, int] = {}
    for step in evidence.service.transitions or ():
        if step.to_state in FINAL_STATES:
            rested_at_us.setdefault(step.payment_id, min(step.at_us, truth.manifest.ended_at_us))
    for payment_id, sights in truth.final_words.items():
        for sight in sights:
            if payment_id in rested_at_us and sight.answered_at_us is not None:
                rested_at_us[payment_id] = min(rested_at_us[payment_id], sight.answered_at_us)
    return rested_at_us


def _decided_at_us(payment: Payment, truth: Truth) -> int | None:
    """Return from when on the payment could have been final; None where the PSP's books do not tell.

    What was captured is final whatever becomes of its siblings; where nothing was, all of them must have been refused.
    """
    behind = [money.payment for money in truth.money_behind(payment.id, payment.order_id)]
    captured_at_us = [one.captured_at_us for one in behind if one.captured_at_us is not None]
    refused_at_us = [one.decided_at_us for one in behind if one.decided_at_us is not None]
    if not captured_at_us and len(refused_at_us) < len(behind):
        return None
    created_at_us = payment.created_at_us or truth.manifest.started_at_us
    return max([created_at_us, *(captured_at_us or refused_at_us)])


def _open_refunds(evidence: Evidence, truth: Truth) -> Iterator[Breach | None]:
    currencies = {payment.id: payment.currency for payment in evidence.service.payments or ()}
    for refund in evidence.service.refunds or ():
        if refund.state == RefundState.PENDING:
            at_psp = truth.psp_refunds_of.get(refund.id, ())
            yield _stuck_refund(refund, at_psp, currencies.get(refund.payment_id), truth)


def _stuck_refund(refund: Refund, at_psp: Sequence[PspRefund], currency: str | None, truth: Truth) -> Breach | None:
    since_us = max([refund.created_at_us, *(one.settled_at_us or one.created_at_us for one in at_psp)])
    if any(one.status == PspStatus.PENDING for one in at_psp) or not truth.is_due(since_us):
        return None
    word = f"says {at_psp[0].status}" if at_psp else "has never heard of it"
    amount = format_money(refund.amount_minor, currency or "")
    return Breach(
        at_us=truth.deadline_us(since_us),
        what=f"a refund of {amount} is still {refund.state}; the PSP {word}",
        order_id=truth.order_of.get(refund.payment_id),
        payment_id=refund.payment_id,
        amount_minor=refund.amount_minor,
        currency=currency,
    )


def _parked_events(evidence: Evidence, truth: Truth) -> Iterator[Breach | None]:
    excused = Excuses.of(evidence).events
    for event in evidence.service.inbox or ():
        if event.state == "parked" and event.event_id not in excused:
            due, what = (
                truth.deadline_us(event.received_at_us),
                f"event {event.event_id} ({event.type}) is still parked",
            )
            yield Breach(at_us=due, what=what) if truth.is_due(event.received_at_us) else None


def _left_over_attempts(evidence: Evidence, truth: Truth) -> Iterator[Breach | None]:
    """Look at unsettled attempts whose payment or refund is final; the others are part of what is open itself."""
    closed = {payment.id for payment in evidence.service.payments or () if payment.state in FINAL_STATES}
    closed_refunds = {refund.id for refund in evidence.service.refunds or () if refund.state != RefundState.PENDING}
    for attempt in evidence.service.attempts or ():
        is_closed = attempt.refund_id in closed_refunds if attempt.refund_id else attempt.payment_id in closed
        if attempt.state in _UNSETTLED and is_closed:
            yield _left_over(attempt, truth) if truth.is_due(attempt.created_at_us) else None


def _left_over(attempt: Attempt, truth: Truth) -> Breach:
    return Breach(
        at_us=truth.deadline_us(attempt.created_at_us),
        what=f"{attempt.kind} attempt {attempt.id} is still {attempt.state}, though its matter is closed",
        order_id=truth.order_of.get(attempt.payment_id),
        payment_id=attempt.payment_id,
    )


def _doubts(open_count: int, truth: Truth) -> Iterator[str]:
    if open_count and not truth.calm_was_long_enough:
        calm_s = max(truth.manifest.ended_at_us - truth.manifest.storm_ended_at_us, 0) / _MICROSECONDS
        yield (
            f"{open_count} matters were open when the run ended, after a calm of {calm_s:g} s; "
            f"the promise gives them {truth.manifest.final_within_s:g} s"
        )


CONVERGENCE = Check(
    id="I8",
    title="Everything comes to rest",
    statement=(
        "After the calm began, every payment is final within the promised time, no work is left over, "
        "and no request that is repeated ends in an internal error."
    ),
    unit="payments, refunds, events, attempts and requests",
    one="One matter did not come to rest in time",
    many="{count} matters did not come to rest in time",
    stake="{money}",
    examine=_examine,
    needs=frozenset({"service.payments"}),
    uses=frozenset({"service.transitions", "service.refunds", "service.inbox", "service.attempts"}),
)
