"""I4: what a customer was told for good is what became of the money.

Only final words count: "we do not know yet" is never a lie. A word is judged by where the money ended. SUCCESS before a
refund is no lie, and neither is REFUNDED before the bank sent the refund back, for as long as that news may take.
"""

from collections.abc import Collection, Iterator, Sequence
from http import HTTPStatus

from reports.checks.check import Breach, Check, Examination
from reports.checks.excuses import Excuses
from reports.checks.terms import Terms
from reports.evidence import Evidence
from reports.facts import Money, Purchase
from reports.money import format_money
from reports.records import DiaryEntry, Outcome, PaymentState, PspRefund, PspStatus
from reports.truth import Truth

# These refusals mean "not now", so that they deny nothing about money which another click has moved.
_NOT_NOW = frozenset(
    {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
)


def _examine(evidence: Evidence, truth: Truth) -> Examination:
    unheard = Excuses.of(evidence).unheard
    told = truth.final_words
    lies = [breach for payment_id, entries in told.items() for breach in _lies(payment_id, entries, unheard, truth)]
    denials = [_denial(purchase, truth) for purchase in truth.purchases.values()]
    return Examination(
        examined=sum(len(entries) for entries in told.values()),
        breaches=(*lies, *(breach for breach in denials if breach is not None)),
    )


def _lies(payment_id: str, entries: Sequence[DiaryEntry], unheard: Collection[str], truth: Truth) -> Iterator[Breach]:
    """Yield the first time that each word about this payment was a lie; a lie read twice is one lie."""
    lied: set[str | None] = set()
    for entry in entries:
        contradiction = None if entry.status_shown in lied else _contradiction(payment_id, entry, unheard, truth)
        if contradiction is not None:
            lied.add(entry.status_shown)
            yield _breach(entry, contradiction, truth)


def _contradiction(payment_id: str, entry: DiaryEntry, unheard: Collection[str], truth: Truth) -> str | None:
    if entry.status_shown == PaymentState.FAILED:
        return _kept(truth.money_surely_behind(payment_id))
    behind = [money for money in truth.money_behind(payment_id, entry.order_id) if money.captures]
    if not behind:
        return "no money ever moved"
    captured = {money.captured_minor for money in behind}
    if entry.captured_shown_minor is not None and entry.captured_shown_minor not in captured:
        shown, took = entry.captured_shown_minor, behind[0].captured_minor
        return f"{_amount(shown, behind)} was named, {_amount(took, behind)} was taken"
    return _returned_in_vain(entry, behind, unheard, truth)


def _returned_in_vain(entry: DiaryEntry, behind: Sequence[Money], unheard: Collection[str], truth: Truth) -> str | None:
    """Compare what the customer was said to have back with the refunds that were made.

    REFUNDED stays for good, so it needs only have been true once. An amount must follow when a bank sends a refund
    back, once that news has had its time.
    """
    shown_minor = entry.refunded_shown_minor or 0
    if entry.status_shown != PaymentState.REFUNDED and not shown_minor:
        return None
    made = [refund for money in behind for refund in money.refunds if _was_made(refund, entry)]
    standing = [refund for refund in made if refund.id in unheard or not _is_known_to_have_failed(refund, entry, truth)]
    captured_minor = min(money.captured_minor for money in behind)
    if entry.status_shown == PaymentState.REFUNDED and _sum_minor(made) < captured_minor:
        return f"only {_amount(_sum_minor(made), behind)} of {_amount(captured_minor, behind)} went back"
    if _sum_minor(standing) < shown_minor:
        return f"{_amount(shown_minor, behind)} was said to be back, {_amount(_sum_minor(standing), behind)} is"
    return None


def _was_made(refund: PspRefund, entry: DiaryEntry) -> bool:
    """Tell whether a refund arrived in the end, or had arrived before the word was said and failed afterwards."""
    said_at_us = entry.answered_at_us or entry.asked_at_us
    return refund.status == PspStatus.SUCCEEDED or (refund.has_failed and refund.had_arrived(said_at_us))


def _is_known_to_have_failed(refund: PspRefund, entry: DiaryEntry, truth: Truth) -> bool:
    if not refund.has_failed:
        return False
    failed_at_us = refund.failed_at_us or refund.settled_at_us or refund.created_at_us
    # Where the webhook was lost, only the statement tells that a bank sent a refund back.
    told_at_us = max(failed_at_us, truth.manifest.storm_ended_at_us) + Terms.of(truth.manifest).statement_patience_us
    return entry.asked_at_us > max(truth.deadline_us(failed_at_us), told_at_us)


def _sum_minor(refunds: Sequence[PspRefund]) -> int:
    return sum([refund.amount_minor for refund in refunds])  # mostly of none, where a generator takes longest


def _kept(behind: Sequence[Money]) -> str | None:
    kept_minor = sum(money.kept_minor for money in behind)
    return f"{_amount(kept_minor, behind)} was taken and kept" if kept_minor > 0 else None


def _denial(purchase: Purchase, truth: Truth) -> Breach | None:
    """Find a customer whose every click was refused for good, and who paid nevertheless."""
    refused = all(click.outcome == Outcome.FAILED and click.http_status not in _NOT_NOW for click in purchase.clicks)
    taken = _kept(truth.money_by_intent.get(purchase.order_id, ())) if refused else None
    return None if taken is None else _breach(purchase.clicks[-1], taken, truth)


def _breach(entry: DiaryEntry, contradiction: str, truth: Truth) -> Breach:
    said = entry.status_shown or f"refused with status {entry.http_status}"
    amount_minor, currency = truth.price(entry)
    return Breach(
        at_us=entry.answered_at_us or entry.asked_at_us,
        what=f"{entry.customer} was told {said}, but {contradiction}",
        order_id=entry.order_id,
        payment_id=entry.payment_id,
        amount_minor=amount_minor,
        currency=currency,
    )


def _amount(amount_minor: int, behind: Sequence[Money]) -> str:
    return format_money(amount_minor, behind[0].currency if behind else "")


HONESTY = Check(
    id="I4",
    title="Customers were told the truth",
    statement="A final word shown to a customer is never contradicted by where the money ended.",
    unit="final words shown",
    one="One final word to a customer was untrue",
    many="{count} final words to customers were untrue",
    stake="about {money}",
    examine=_examine,
)
