"""The bodies of our API: what merchants may send, and what they are shown.

Requests are strict: no unknown members, no strings for numbers, no control characters (PostgreSQL keeps no NUL).
Amounts are integers in minor units; times are RFC 3339 in UTC with microseconds.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from annotated_types import Ge, Le, Len
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from engine.lifecycle import PaymentState, RefundState, Source
from engine.money import MINOR_DIGITS
from engine.payment import Payment, Transition
from engine.reconciliation import Discrepancy, DiscrepancyKind, DiscrepancyState
from engine.refund import Refund

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
AMOUNT_MINOR_MAX = 99_999_999  # Stripe's own limit: eight digits

_PRINTABLE = r"^[^\x00-\x1f\x7f]*$"


def _known_currency(currency: str) -> str:
    if currency not in MINOR_DIGITS:
        raise ValueError("not a currency that we take; three capital letters are expected (ISO 4217)")
    return currency


type AmountMinor = Annotated[int, Ge(1), Le(AMOUNT_MINOR_MAX)]
type Currency = Annotated[str, AfterValidator(_known_currency)]
type Reference = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=_PRINTABLE)]
type Sentence = Annotated[str, StringConstraints(max_length=1000, pattern=_PRINTABLE)]
# Stripe's limits on metadata, so that a merchant may keep one set of rules in mind.
type MetadataKey = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=_PRINTABLE)]
type MetadataValue = Annotated[str, StringConstraints(max_length=500, pattern=_PRINTABLE)]


class _Request(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class PaymentRequest(_Request):
    """Body of `POST /v1/payments`."""

    amount: AmountMinor
    currency: Currency
    payment_method: Reference
    order_id: Reference | None = None
    description: Sentence | None = None
    metadata: Annotated[dict[MetadataKey, MetadataValue], Len(max_length=50)] = {}


class RefundRequest(_Request):
    """Body of `POST /v1/payments/{id}/refunds`; it may be left out to refund all that is left."""

    amount: AmountMinor | None = None
    reason: Sentence | None = None


class CancelRequest(_Request):
    """Body of `POST /v1/payments/{id}/cancel`: there is nothing to say, so it may be left out."""


class PaymentView(BaseModel):
    """A payment as merchants see it."""

    id: str
    object: Literal["payment"] = "payment"
    order_id: str | None
    amount: int
    currency: str
    status: PaymentState
    failure_reason: str | None
    amount_captured: int
    amount_refunded: int
    payment_method: str
    description: str | None
    metadata: Mapping[str, str]
    created_at: str
    updated_at: str
    cancel_requested_at: str | None  # when a cancel was asked for, whatever came of it

    @classmethod
    def of(cls, payment: Payment) -> "PaymentView":
        """Return the view of a payment."""
        return cls(
            id=payment.id,
            order_id=payment.order_id,
            amount=payment.amount.amount_minor,
            currency=payment.amount.currency,
            status=payment.state,
            failure_reason=payment.failure_reason,
            amount_captured=payment.captured_minor,
            amount_refunded=payment.refunded_minor,
            payment_method=payment.payment_method,
            description=payment.description,
            metadata=payment.metadata,
            created_at=rfc3339(payment.created_at_us),
            updated_at=rfc3339(payment.updated_at_us),
            cancel_requested_at=(
                None if payment.cancel_requested_at_us is None else rfc3339(payment.cancel_requested_at_us)
            ),
        )


class RefundView(BaseModel):
    """A refund as merchants see it."""

    id: str
    object: Literal["refund"] = "refund"
    payment_id: str
    amount: int
    currency: str
    status: RefundState
    reason: str | None
    created_at: str
    updated_at: str

    @classmethod
    def of(cls, refund: Refund) -> "RefundView":
        """Return the view of a refund."""
        return cls(
            id=refund.id,
            payment_id=refund.payment_id,
            amount=refund.amount.amount_minor,
            currency=refund.amount.currency,
            status=refund.state,
            reason=refund.reason,
            created_at=rfc3339(refund.created_at_us),
            updated_at=rfc3339(refund.created_at_us if refund.settled_at_us is None else refund.settled_at_us),
        )


class TransitionView(BaseModel):
    """A step of a payment's history; the first one has no `from`."""

    model_config = ConfigDict(serialize_by_alias=True)

    from_: Annotated[PaymentState | None, Field(serialization_alias="from")]
    to: PaymentState
    reason: str
    source: Source
    at: str

    @classmethod
    def of(cls, transition: Transition) -> "TransitionView":
        """Return the view of a transition."""
        return cls(
            from_=transition.from_state,
            to=transition.to_state,
            reason=transition.reason,
            source=transition.source,
            at=rfc3339(transition.at_us),
        )


class DiscrepancyView(BaseModel):
    """A disagreement between the PSP's books and ours about a payment, as its merchant sees it."""

    id: str
    object: Literal["discrepancy"] = "discrepancy"
    kind: DiscrepancyKind
    status: DiscrepancyState
    payment_id: str | None
    subject: str
    amount: int
    currency: str
    evidence: Mapping[str, str]
    found_at: str
    closed_at: str | None

    @classmethod
    def of(cls, discrepancy: Discrepancy, *, discrepancy_id: str, closed_at_us: int | None) -> "DiscrepancyView":
        """Return the view of a discrepancy; what could be used at the PSP is left out."""
        return cls(
            id=discrepancy_id,
            kind=discrepancy.kind,
            status=discrepancy.state,
            payment_id=discrepancy.payment_id,
            subject=discrepancy.subject,
            amount=discrepancy.money.amount_minor,
            currency=discrepancy.money.currency,
            evidence={name: text for name, text in discrepancy.evidence.items() if name != "psp_key"},
            found_at=rfc3339(discrepancy.found_at_us),
            closed_at=None if closed_at_us is None else rfc3339(closed_at_us),
        )


class ListView[Item](BaseModel):
    """A list, complete or one page of it."""

    object: Literal["list"] = "list"
    data: list[Item]
    has_more: bool = False
    next_cursor: str | None = None


def rfc3339(at_us: int) -> str:
    """Return a time as text, exact to the microsecond."""
    moment = EPOCH + timedelta(microseconds=at_us)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def microseconds(moment: datetime) -> int:
    """Return the reverse of `rfc3339`."""
    return (moment - EPOCH) // timedelta(microseconds=1)
