"""I7: nobody gives back more than was taken, and both sides agree on what went back.

A refund that succeeded at the PSP and failed afterwards may have been called given back meanwhile; one that never
succeeded may not.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from reports.checks.check import Breach, Check, Examination
from reports.checks.declared import Declared
from reports.checks.excuses import Excuses
from reports.evidence import Evidence
from reports.facts import Money
from reports.money import format_money
from reports.records import Payment, PspRefund, PspStatus, Refund, RefundState
from reports.truth import Truth

_PROMISED = frozenset({RefundState.PENDING, RefundState.SUCCEEDED})


def _examine(evidence: Evidence, truth: Truth) -> Examination:
    declared, promised = Declared.of(evidence), _promised(evidence.service.refunds or ())
    excuses = Excuses.of(evidence)
    returning = [money for money in truth.money.values() if money.refunds]
    payments = [
        payment
        for payment in evidence.service.payments or ()
        if payment.refunded_minor or payment.id in promised or _refunded_at_psp(payment, truth)
    ]
    breaches = [breach for money in returning for breach in _overdrawn(money, truth)]
    breaches += [breach for payment in payments for breach in _overpromised(payment, promised, truth)]
    breaches += [breach for payment in payments for breach in _disagreement(payment, declared, excuses, truth)]
    breaches += _dropped(evidence, truth)
    return Examination(examined=len(returning) + len(payments), breaches=tuple(breaches))


def _promised(refunds: Sequence[Refund]) -> dict[str, int]:
    """Return what the service's books have given back or promised, by payment."""
    sums: defaultdict[str, int] = defaultdict(int)
    for refund in refunds:
        if refund.state in _PROMISED:
            sums[refund.payment_id] += refund.amount_minor
    return dict(sums)


def _refunded_at_psp(payment: Payment, truth: Truth) -> bool:
    return any(money.refunds for money in truth.money_behind(payment.id, payment.order_id))


def _overdrawn(money: Money, truth: Truth) -> Iterator[Breach]:
    if money.kept_minor >= 0:
        return
    gone_minor = money.refunded_minor + money.returning_minor
    yield Breach(
        at_us=max(refund.created_at_us for refund in money.refunds),
        what=(
            f"the PSP gave back {format_money(gone_minor, money.currency)} "
            f"of {format_money(money.captured_minor, money.currency)}"
        ),
        order_id=truth.intent_of(money),
        amount_minor=-money.kept_minor,
        currency=money.currency,
    )


def _overpromised(payment: Payment, promised: dict[str, int], truth: Truth) -> Iterator[Breach]:
    """Find refunds that exceed the capture in the service's own books."""
    captured_minor = payment.captured_minor if payment.captured_minor is not None else payment.amount_minor
    excess_minor = promised.get(payment.id, 0) - (captured_minor or 0)
    if captured_minor is not None and excess_minor > 0:
        excess = format_money(excess_minor, payment.currency or "")
        yield Breach.of_payment(payment, f"the service promised {excess} more than was captured", excess_minor, truth)


def _disagreement(payment: Payment, declared: Declared, excuses: Excuses, truth: Truth) -> Iterator[Breach]:
    """Compare what both sides call given back; the service may be late by as much as the promise allows.

    What the service has put on record is left out on both sides: money that it should not have, which goes back in
    repair, and refunds that it knows to be no refunds of its own. A refund that nobody could have prevented may be
    counted or not: of two that came of one request, the service may know either as its own. So may one that the PSP
    denied when it was asked for again, and one whose end the PSP told nobody.
    """
    if payment.refunded_minor is None:
        return
    refunds = [
        refund
        for money in truth.money_behind(payment.id, payment.order_id)
        if not declared.knows(money.payment.id)
        for refund in money.refunds
        if not declared.knows(refund.id)
    ]
    lowest_minor, highest_minor = _bounds_minor(refunds, excuses, truth)
    if not lowest_minor <= payment.refunded_minor <= highest_minor:
        certain_minor = _sum_minor(refund for refund in refunds if _counts(refund, excuses))
        currency = payment.currency or (refunds[0].currency if refunds else "")
        ours, theirs = format_money(payment.refunded_minor, currency), format_money(certain_minor, currency)
        difference_minor = abs(payment.refunded_minor - certain_minor)
        yield Breach.of_payment(
            payment, f"the service says {ours} went back, the PSP says {theirs}", difference_minor, truth
        )


def _bounds_minor(refunds: Sequence[PspRefund], excuses: Excuses, truth: Truth) -> tuple[int, int]:
    """Return the least and the most that the service may call given back.

    News of a fresh success, or of a failure after it, may not have come yet: the books may still say the opposite.
    """
    fresh = {refund.id for refund in refunds if not truth.is_due(refund.settled_at_us or refund.created_at_us)}
    fresh |= excuses.unheard
    surely = _sum_minor(refund for refund in refunds if _counts(refund, excuses) and refund.id not in fresh)
    arrived = _sum_minor(refund for refund in refunds if refund.status == PspStatus.SUCCEEDED)
    lost_again = _sum_minor(refund for refund in refunds if refund.id in fresh and _came_back(refund, truth))
    return surely, arrived + lost_again


def _counts(refund: PspRefund, excuses: Excuses) -> bool:
    """Tell whether a refund arrived, and has to be in the service's books."""
    is_excused = refund.id in excuses.effects or refund.id in excuses.denied
    return refund.status == PspStatus.SUCCEEDED and not is_excused


def _sum_minor(refunds: Iterable[PspRefund]) -> int:
    return sum(refund.amount_minor for refund in refunds)


def _came_back(refund: PspRefund, truth: Truth) -> bool:
    """Tell whether a refund had arrived and failed afterwards; one that never arrived was never to be called so."""
    return refund.has_failed and refund.had_arrived(truth.manifest.ended_at_us)


def _dropped(evidence: Evidence, truth: Truth) -> Iterator[Breach]:
    """Find refunds that were accepted and are called FAILED although the PSP was never asked.

    Only whoever asks can be refused. A service that shows no attempts shows no keys to know its requests by.
    """
    if evidence.service.attempts is None:
        return
    failed = [refund for refund in evidence.service.refunds or () if refund.state == RefundState.FAILED]
    if not failed:
        return  # without a look at the journal, which is long
    asked = {entry.idempotency_key for entry in evidence.psp.journal if entry.kind == "request"}
    keys = {attempt.refund_id: attempt.psp_key for attempt in evidence.service.attempts}
    currencies = {payment.id: payment.currency for payment in evidence.service.payments or ()}
    for refund in failed:
        if refund.id not in truth.psp_refunds_of and keys.get(refund.id) not in asked:
            currency = currencies.get(refund.payment_id)
            yield Breach(
                at_us=refund.settled_at_us or refund.created_at_us,
                what=(
                    f"a refund of {format_money(refund.amount_minor, currency or '')} was accepted and is FAILED, "
                    "and the PSP was never asked"
                ),
                order_id=truth.order_of.get(refund.payment_id),
                payment_id=refund.payment_id,
                amount_minor=refund.amount_minor,
                currency=currency,
            )


REFUNDS = Check(
    id="I7",
    title="Refunds add up",
    statement="Refunds never exceed what was captured, and the PSP and the service agree on what went back.",
    unit="refunded payments, on either side",
    one="One payment has refunds that do not add up",
    many="{count} payments have refunds that do not add up",
    stake="{money}",
    examine=_examine,
    uses=frozenset({"service.payments", "service.refunds", "service.attempts", "service.discrepancies"}),
)
