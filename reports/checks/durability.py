"""I11: what the service has acknowledged is there, whatever crashed afterwards."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from reports.checks.check import Breach, Check, Examination
from reports.evidence import Evidence
from reports.records import Action, DiaryEntry, Outcome, Payment, PaymentState
from reports.truth import Truth


@dataclass(frozen=True, kw_only=True, slots=True)
class _Archive:
    """Where an acknowledged thing may be looked up; None where the service shows no such book."""

    payments: frozenset[str] | None
    refunds: frozenset[str] | None
    canceled: frozenset[str] | None  # payments of which a cancel is on record, or that have failed
    missed: frozenset[str]  # payments that a customer could not find any more


def _examine(evidence: Evidence, truth: Truth) -> Examination:
    receipts = _receipts(evidence.diary, until_us=evidence.manifest.ended_at_us)
    payments, refunds = evidence.service.payments, evidence.service.refunds
    archive = _Archive(
        payments=None if payments is None else frozenset(payment.id for payment in payments),
        refunds=None if refunds is None else frozenset(refund.id for refund in refunds),
        canceled=_canceled(payments or ()),
        missed=_missed(evidence.diary, receipts),
    )
    breaches = (_breach(receipt, archive, truth) for receipt in receipts.values())
    return Examination(examined=len(receipts), breaches=tuple(breach for breach in breaches if breach is not None))


def _canceled(payments: Iterable[Payment]) -> frozenset[str] | None:
    """Return the payments about which a cancel is not lost; None if the service keeps no record of cancels at all."""
    rows = list(payments)
    if all(row.cancel_requested_at_us is None for row in rows):
        return None
    return frozenset(
        row.id for row in rows if row.cancel_requested_at_us is not None or row.state == PaymentState.FAILED
    )


def _receipts(diary: Iterable[DiaryEntry], *, until_us: int) -> dict[str, DiaryEntry]:
    """Return the first acknowledgement of each payment and of each refund, by its id, and of each cancel.

    What was acknowledged after the books were read cannot be in them.
    """
    receipts: dict[str, DiaryEntry] = {}
    for entry in diary:
        if entry.action == Action.READ or entry.outcome != Outcome.SUCCEEDED:
            continue
        if entry.answered_at_us is None or entry.answered_at_us > until_us:
            continue
        if entry.action == Action.CREATE and entry.payment_id is not None:
            receipts.setdefault(entry.payment_id, entry)
        if entry.action == Action.REFUND and entry.refund_id is not None:
            receipts.setdefault(entry.refund_id, entry)
        if entry.action == Action.CANCEL and entry.payment_id is not None:
            receipts.setdefault(f"the cancel of {entry.payment_id}", entry)
    return receipts


def _missed(diary: Iterable[DiaryEntry], receipts: Mapping[str, DiaryEntry]) -> frozenset[str]:
    """Return the payments that a customer asked for after the acknowledgement, and that were not found."""
    return frozenset(
        payment_id
        for entry in diary
        if entry.http_status == HTTPStatus.NOT_FOUND and entry.action == Action.READ
        for payment_id in [entry.payment_id or ""]
        if payment_id in receipts and entry.asked_at_us > (receipts[payment_id].answered_at_us or 0)
    )


def _breach(receipt: DiaryEntry, archive: _Archive, truth: Truth) -> Breach | None:
    is_refund = receipt.action == Action.REFUND
    kind, name, book = _sought(receipt, archive)
    if book is not None and name not in book:
        what = f"{kind} {name} was acknowledged to {receipt.customer} and is in no book"
    elif receipt.action == Action.CREATE and name in archive.missed:
        what = f"{receipt.customer} had an acknowledgement of {name}, and was told later that there is no such payment"
    else:
        return None
    price_minor, currency = truth.price(receipt)
    return Breach(
        at_us=receipt.answered_at_us or receipt.asked_at_us,
        what=what,
        order_id=receipt.order_id,
        payment_id=receipt.payment_id,
        amount_minor=(receipt.amount_minor or price_minor) if is_refund else price_minor,
        currency=currency,
    )


def _sought(receipt: DiaryEntry, archive: _Archive) -> tuple[str, str | None, frozenset[str] | None]:
    """Return what was acknowledged, its name, and the book in which it must be."""
    match receipt.action:
        case Action.REFUND:
            return "refund", receipt.refund_id, archive.refunds
        case Action.CANCEL:
            return "the cancel of", receipt.payment_id, archive.canceled
        case _:
            return "payment", receipt.payment_id, archive.payments


DURABILITY = Check(
    id="I11",
    title="A receipt is a receipt",
    statement="A request that was acknowledged survives any crash.",
    unit="acknowledgements",
    one="One acknowledged request vanished",
    many="{count} acknowledged requests vanished",
    stake="{money}",
    examine=_examine,
    uses=frozenset({"service.payments", "service.refunds"}),
)
