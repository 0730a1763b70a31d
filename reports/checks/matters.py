"""What merchants are told of, by the service's books: each step of a payment and each end of a refund."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from reports.checks.terms import Terms
from reports.evidence import Evidence
from reports.records import PAID_STATES, Notice, Payment, PaymentState, Refund, RefundState, Transition

type MatterKey = tuple[str, str | None, int | str | None]
"""Who is told, of what, and which step: of a payment by its number, of a refund by its state."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Matter:
    """One step, as it was committed; None is what the books do not say."""

    merchant_id: str
    payment_id: str
    refund_id: str | None = None
    sequence: int | None = None  # of a payment's step; a refund's follows from what it had been before
    state: str
    at_us: int
    amount_minor: int | None
    currency: str | None
    captured_minor: int | None = None
    refunded_minor: int | None = None
    reason: str | None = None

    @property
    def key(self) -> MatterKey:
        """What a notice about it has as well."""
        if self.refund_id is None:
            return self.merchant_id, self.payment_id, self.sequence
        return self.merchant_id, self.refund_id, self.state

    @property
    def words(self) -> str:
        """The step in words."""
        return f"that {self.refund_id or self.payment_id} is {self.state}"

    def contradictions(self, notice: Notice) -> list[str]:
        """Return in what a notice differs from the books."""
        compared: tuple[tuple[str, object, object], ...] = (
            ("status", notice.state, self.state),
            ("payment", notice.payment_id, self.payment_id),
            ("amount", notice.amount_minor, self.amount_minor),
            ("currency", notice.currency, self.currency),
            ("captured", notice.captured_minor, self.captured_minor),
            ("refunded", notice.refunded_minor, self.refunded_minor),
            ("reason", notice.reason, self.reason),
            ("time", notice.happened_at_us, self.at_us),
        )
        return [f"{name} {said!r} where the books have {booked!r}" for name, said, booked in compared if said != booked]


def key_of(notice: Notice) -> MatterKey:
    """Return what a notice is about."""
    if notice.refund_id is not None:
        return notice.merchant_id, notice.refund_id, notice.state
    return notice.merchant_id, notice.payment_id, notice.sequence


def matters_of(evidence: Evidence) -> Mapping[MatterKey, Matter]:
    """Return everything that a merchant may be told."""
    return {matter.key: matter for matter in _all_matters(evidence)}


def owed(matters: Iterable[Matter], evidence: Evidence) -> list[Matter]:
    """Return what those who listen have to be told: since they do, and as far back as is kept.

    Nothing is held against a service that does not show whom it told what.
    """
    service = evidence.service
    if service.outgoing_events is None or service.deliveries is None:
        return []
    listens_since_us: dict[str, int] = {}
    for endpoint in service.endpoints or ():
        known_us = listens_since_us.get(endpoint.merchant_id, endpoint.created_at_us)
        listens_since_us[endpoint.merchant_id] = min(known_us, endpoint.created_at_us)
    kept_since_us = evidence.manifest.ended_at_us - Terms.of(evidence.manifest).event_retention_us
    return [
        matter
        for matter in matters
        if matter.merchant_id in listens_since_us
        and matter.at_us >= max(listens_since_us[matter.merchant_id], kept_since_us)
    ]


def _all_matters(evidence: Evidence) -> Iterator[Matter]:
    payments = {payment.id: payment for payment in evidence.service.payments or ()}
    for step in evidence.service.transitions or ():
        payment = payments.get(step.payment_id)
        if payment is not None and payment.merchant_id is not None:
            yield _of_payment(step, payment, payment.merchant_id)
    for refund in evidence.service.refunds or ():
        payment = payments.get(refund.payment_id)
        if payment is not None and payment.merchant_id is not None and refund.state != RefundState.PENDING:
            yield _of_refund(refund, payment, payment.merchant_id)


def _of_payment(step: Transition, payment: Payment, merchant_id: str) -> Matter:
    amount_minor = payment.amount_minor
    return Matter(
        merchant_id=merchant_id,
        payment_id=payment.id,
        sequence=step.sequence,
        state=step.to_state,
        at_us=step.at_us,
        amount_minor=amount_minor,
        currency=payment.currency,
        captured_minor=amount_minor if step.to_state in PAID_STATES else 0,
        refunded_minor=amount_minor if step.to_state == PaymentState.REFUNDED else 0,
        reason=step.reason if step.to_state == PaymentState.FAILED else None,
    )


def _of_refund(refund: Refund, payment: Payment, merchant_id: str) -> Matter:
    return Matter(
        merchant_id=merchant_id,
        payment_id=payment.id,
        refund_id=refund.id,
        state=refund.state,
        at_us=refund.settled_at_us or refund.created_at_us,
        amount_minor=refund.amount_minor,
        currency=payment.currency,
    )
