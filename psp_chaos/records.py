"""What the books hold: payments, refunds and movements of money.

Amounts are integers in the currency's minor unit, currencies are uppercase ISO
4217 codes, times are microseconds since the Unix epoch.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class PaymentStatus(StrEnum):
    """Where a payment stands."""

    PENDING = "pending"  # not confirmed yet, or confirmed and not decided
    CAPTURED = "captured"
    DECLINED = "declined"  # may be confirmed again with another instrument
    CANCELED = "canceled"


class RefundStatus(StrEnum):
    """Where a refund stands."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class RefundCourse(StrEnum):
    """What an instrument does with money that is sent back to it."""

    AT_ONCE = "at_once"
    LATER = "later"  # pending first, then there
    FAILS_LATER = "fails_later"  # there, and some time later returned to the merchant


class MovementKind(StrEnum):
    """Why money moved."""

    CAPTURE = "capture"
    REFUND = "refund"
    REFUND_FAILURE = "refund_failure"


@dataclass(frozen=True, kw_only=True, slots=True)
class Instrument:
    """What a customer pays with, and how it will behave."""

    name: str  # what the merchant calls it
    decline_code: str | None = None  # None: it pays
    refund_course: RefundCourse = RefundCourse.AT_ONCE


@dataclass(frozen=True, kw_only=True, slots=True)
class Payment:
    """One payment as the provider knows it."""

    id: str
    amount_minor: int
    currency: str
    status: PaymentStatus
    confirmed: bool  # a pending payment that is confirmed waits for the bank
    captured_minor: int
    refunded_minor: int  # reserved by pending refunds as well as paid out
    instrument: Instrument | None
    decline_code: str | None  # of the last decline
    cancellation_reason: str | None
    description: str | None
    metadata: Mapping[str, str]
    capture_id: str | None  # what the merchant sees of the capture
    created_at_us: int
    captured_at_us: int | None
    canceled_at_us: int | None

    @property
    def refundable_minor(self) -> int:
        """What a further refund may take at most."""
        return self.captured_minor - self.refunded_minor


@dataclass(frozen=True, kw_only=True, slots=True)
class Refund:
    """Money on its way back to a customer."""

    id: str
    payment_id: str
    amount_minor: int
    currency: str
    status: RefundStatus
    reason: str | None  # the merchant's
    failure_reason: str | None  # the bank's
    metadata: Mapping[str, str]
    created_at_us: int
    settled_at_us: int | None  # when it succeeded or, after that, failed


@dataclass(frozen=True, kw_only=True, slots=True)
class Movement:
    """One change of the merchant's balance; together they are the money truth."""

    id: str
    kind: MovementKind
    payment_id: str
    refund_id: str | None
    amount_minor: int  # signed: a refund is negative
    currency: str
    at_us: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Cause:
    """The request that made something happen."""

    request_id: str
    idempotency_key: str | None


class Happening(StrEnum):
    """What can become of a payment or a refund."""

    PAYMENT_CREATED = "payment_created"
    PAYMENT_CAPTURED = "payment_captured"
    PAYMENT_DECLINED = "payment_declined"
    PAYMENT_CANCELED = "payment_canceled"
    REFUND_CREATED = "refund_created"
    REFUND_SUCCEEDED = "refund_succeeded"
    REFUND_FAILED = "refund_failed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """Something that just happened in the books, with the rows as they are now."""

    happening: Happening
    payment: Payment
    refund: Refund | None
    cause: Cause | None  # None: it happened by itself, later
    at_us: int
