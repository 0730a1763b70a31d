"""The bodies of our API: what merchants may send, and what they are shown.

Requests are strict: no unknown members, no strings for numbers, no control characters (PostgreSQL keeps no NUL).
Amounts are integers in minor units; times are RFC 3339 in UTC with microseconds.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal, Self

from annotated_types import Ge, Le, Len
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)

from engine.lifecycle import PaymentState, RefundState, Source
from engine.money import MINOR_DIGITS, step_minor
from engine.payment import Payment, Transition
from engine.reconciliation import Discrepancy, DiscrepancyKind, DiscrepancyState
from engine.refund import Refund

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
AMOUNT_MINOR_MAX = 99_999_999  # Stripe's own limit: eight digits
PAGE_SIZE = 20
PAGE_SIZE_MAX = 100
CURSOR_LENGTH_MAX = 128
CURSOR_PATTERN = "^[A-Za-z0-9_-]+=*$"

# No control character of either set, and neither of the separators that some readers of logs take for a new line.
_PRINTABLE = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$"


def _known_currency(currency: str) -> str:
    if currency not in MINOR_DIGITS:
        raise ValueError("not a currency that we take; three capital letters are expected (ISO 4217)")
    return currency


def _rfc3339(text: object) -> object:
    # Without this, a bare number would be taken for seconds, or for milliseconds if it is large.
    if not isinstance(text, str) or _RFC_3339.fullmatch(text) is None:
        raise ValueError("not a time as RFC 3339 writes it, such as 2026-05-04T03:02:01Z")
    return text


def _digits(text: object) -> object:
    # Without this, `+5`, ` 5 ` and `5.0` would be numbers, too.
    if isinstance(text, str) and _DIGITS.fullmatch(text) is None:
        raise ValueError("not a whole number in digits")
    return text


_RFC_3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_DIGITS = re.compile(r"[0-9]{1,9}")


type AmountMinor = Annotated[int, Ge(1), Le(AMOUNT_MINOR_MAX)]
type Currency = Annotated[
    str, AfterValidator(_known_currency), WithJsonSchema({"type": "string", "enum": list(MINOR_DIGITS)})
]
type Reference = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=_PRINTABLE)]
type Sentence = Annotated[str, StringConstraints(max_length=1000, pattern=_PRINTABLE)]
# Stripe's limits on metadata, so that a merchant may keep one set of rules in mind.
type MetadataKey = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=_PRINTABLE)]
type MetadataValue = Annotated[str, StringConstraints(max_length=500, pattern=_PRINTABLE)]
type Moment = Annotated[AwareDatetime, BeforeValidator(_rfc3339)]  # of a query
type PageSize = Annotated[int, Ge(1), Le(PAGE_SIZE_MAX), BeforeValidator(_digits)]  # of a query


def _shown(**example: JsonValue) -> ConfigDict:
    """Return the configuration of a view with an example of it; FastAPI leaves out members that are nothing."""
    return ConfigDict(json_schema_extra={"examples": [example]})


class _Request(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class PaymentRequest(_Request):
    """Body of `POST /v1/payments`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "amount": 1250,
                    "currency": "EUR",
                    "payment_method": "pm_card_visa",
                    "order_id": "order-4711",
                    "description": "A book",
                    "metadata": {"shelf": "3"},
                }
            ],
            "if": {"properties": {"currency": {"enum": [one for one in MINOR_DIGITS if step_minor(one) > 1]}}},
            "then": {"properties": {"amount": {"multipleOf": 10}}},
        }
    )

    amount: Annotated[
        AmountMinor,
        Field(
            description="In minor units: 1250 is 12.50 EUR, 1250 JPY, and 1.250 KWD, which must be a multiple of 10."
        ),
    ]
    currency: Annotated[Currency, Field(description="ISO 4217, in capital letters.")]
    payment_method: Annotated[Reference, Field(description="The PSP's reference of how it is paid.")]
    order_id: Annotated[Reference | None, Field(description="Yours; an order has one payment that has not failed.")] = (
        None
    )
    description: Sentence | None = None
    metadata: Annotated[
        dict[MetadataKey, MetadataValue], Len(max_length=50), Field(description="Yours; we only keep it.")
    ] = {}

    @model_validator(mode="after")
    def _amount_is_a_multiple_of_its_step(self) -> Self:
        if self.amount % step_minor(self.currency):
            raise ValueError(f"amounts in {self.currency} are multiples of {step_minor(self.currency)}")
        return self


class RefundRequest(_Request):
    """Body of `POST /v1/payments/{id}/refunds`; it may be left out to refund all that is left."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"amount": 250, "reason": "A page is missing"}]})

    amount: Annotated[AmountMinor | None, Field(description="In minor units; none: all that is left.")] = None
    reason: Annotated[Sentence | None, Field(description="Yours; shown with the refund.")] = None


class CancelRequest(_Request):
    """Body of `POST /v1/payments/{id}/cancel`: there is nothing to say, so it may be left out."""


class PaymentView(BaseModel):
    """A payment as merchants see it."""

    model_config = _shown(
        id="pay_18f2a9c04d5e6b7f8a901b2c",
        object="payment",
        order_id="order-4711",
        amount=1250,
        currency="EUR",
        status="FAILED",
        failure_reason="insufficient_funds",
        amount_captured=0,
        amount_refunded=0,
        payment_method="pm_card_visa",
        description="A book",
        metadata={"shelf": "3"},
        created_at="2026-05-04T03:02:01.000000Z",
        updated_at="2026-05-04T03:02:02.500000Z",
    )

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

    model_config = _shown(
        id="ref_0b1c2d3e4f5a6b7c8d9e0f1a",
        object="refund",
        payment_id="pay_18f2a9c04d5e6b7f8a901b2c",
        amount=250,
        currency="EUR",
        status="PENDING",
        reason="A page is missing",
        created_at="2026-05-05T03:02:01.000000Z",
        updated_at="2026-05-05T03:02:01.000000Z",
    )

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

    model_config = ConfigDict(serialize_by_alias=True) | _shown(
        **{"from": "PROCESSING", "to": "SUCCESS", "reason": "captured"},
        source="webhook",
        at="2026-05-04T03:02:02.500000Z",
    )

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

    model_config = _shown(
        id="dis_9f8e7d6c5b4a39281706f5e4",
        object="discrepancy",
        kind="late-capture",
        status="repaired",
        payment_id="pay_18f2a9c04d5e6b7f8a901b2c",
        subject="pi_Pq3",
        amount=1250,
        currency="EUR",
        evidence={"subject": "pi_Pq3", "word": "captured"},
        found_at="2026-05-04T04:00:00.000000Z",
        closed_at="2026-05-04T04:00:03.000000Z",
    )

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


class PageQuery(BaseModel):
    """Which page of a list, newest first."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[PageSize, Field(description="Items of one page.")] = PAGE_SIZE
    cursor: Annotated[
        str | None,
        Field(max_length=CURSOR_LENGTH_MAX, pattern=CURSOR_PATTERN, description="As `next_cursor` of the page before."),
    ] = None


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
