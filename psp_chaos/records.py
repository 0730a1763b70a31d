"""What the books hold: payments, charges, refunds, disputes, payouts and movements of money.

Amounts are integers in the currency's minor unit, currencies are uppercase ISO
4217 codes, times are microseconds since the Unix epoch.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from pydantic import JsonValue


class PaymentStatus(StrEnum):
    """Where a payment stands."""

    PENDING = "pending"  # not confirmed yet, or confirmed and not decided
    ACTION_REQUIRED = "action_required"  # the customer must prove who it is
    AUTHORIZED = "authorized"  # the money is set aside until it is captured or let go
    CAPTURED = "captured"
    DECLINED = "declined"  # may be confirmed again with another instrument
    CANCELED = "canceled"


class CaptureMethod(StrEnum):
    """When the money of a payment is taken."""

    AUTOMATIC = "automatic"
    AUTOMATIC_ASYNC = "automatic_async"
    MANUAL = "manual"  # set aside first, taken when the merchant says so


class ChargeStatus(StrEnum):
    """How a try to charge an instrument ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"


class RefundStatus(StrEnum):
    """Where a refund stands."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


class RefundCourse(StrEnum):
    """What an instrument does with money that is sent back to it."""

    AT_ONCE = "at_once"
    LATER = "later"  # pending first, then there
    FAILS_LATER = "fails_later"  # there, and some time later returned to the merchant
    PENDING_FAILS = "pending_fails"  # pending first, and then it fails


class DisputeStatus(StrEnum):
    """Where a dispute stands."""

    NEEDS_RESPONSE = "needs_response"
    UNDER_REVIEW = "under_review"
    WON = "won"
    LOST = "lost"


class PayoutStatus(StrEnum):
    """Where a payout stands."""

    PENDING = "pending"
    IN_TRANSIT = "in_transit"
    PAID = "paid"
    CANCELED = "canceled"


class MovementKind(StrEnum):
    """Why money moved."""

    CAPTURE = "capture"
    REFUND = "refund"
    REFUND_FAILURE = "refund_failure"
    DISPUTE = "dispute"
    DISPUTE_REVERSAL = "dispute_reversal"
    PAYOUT = "payout"
    PAYOUT_CANCEL = "payout_cancel"


@dataclass(frozen=True, kw_only=True, slots=True)
class Instrument:
    """What a customer pays with, and how it will behave."""

    name: str  # what the merchant calls it
    brand: str = "visa"
    last4: str = "4242"
    funding: str = "credit"
    country: str = "US"
    decline_code: str | None = None  # None: it pays
    needs_action: bool = False  # the customer must prove who it is before it pays
    dispute_reason: str | None = None  # the customer denies the payment right after it
    refund_course: RefundCourse = RefundCourse.AT_ONCE


@dataclass(frozen=True, kw_only=True, slots=True)
class Payment:
    """One payment as the provider knows it."""

    id: str
    amount_minor: int
    currency: str
    status: PaymentStatus
    confirmed: bool  # a pending payment that is confirmed waits for the bank
    capture_method: CaptureMethod
    captured_minor: int
    refunded_minor: int  # reserved by pending refunds as well as paid out
    instrument: Instrument | None
    decline_code: str | None  # of the last decline
    cancellation_reason: str | None
    customer_id: str | None
    description: str | None
    metadata: Mapping[str, str]
    particulars: Mapping[str, JsonValue]  # what the merchant wants to be shown with it; decides nothing
    return_url: str | None  # where the customer is sent after proving who it is
    charge_id: str | None  # the latest
    created_at_us: int
    captured_at_us: int | None
    declined_at_us: int | None = None  # the last time
    canceled_at_us: int | None

    @property
    def refundable_minor(self) -> int:
        """What a further refund may take at most."""
        return self.captured_minor - self.refunded_minor

    @property
    def capturable_minor(self) -> int:
        """What is set aside and may still be taken."""
        return self.amount_minor if self.status is PaymentStatus.AUTHORIZED else 0

    @property
    def decided_at_us(self) -> int | None:
        """When it came to how it stands now; None: it may still go either way."""
        match self.status:
            case PaymentStatus.CAPTURED:
                return self.captured_at_us
            case PaymentStatus.DECLINED:
                return self.declined_at_us
            case PaymentStatus.CANCELED:
                return self.canceled_at_us
            case _:
                return None

    @property
    def is_open(self) -> bool:
        """Tell whether nobody has handed it to the bank yet, or the bank has handed it back."""
        return self.status is PaymentStatus.DECLINED or (self.status is PaymentStatus.PENDING and not self.confirmed)


@dataclass(frozen=True, kw_only=True, slots=True)
class Charge:
    """One try to charge an instrument, as it was; what became of its money is written at the payment."""

    id: str
    payment_id: str
    amount_minor: int
    currency: str
    status: ChargeStatus
    instrument: Instrument
    decline_code: str | None  # None: it was not declined
    created_at_us: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Refund:
    """Money on its way back to a customer."""

    id: str
    payment_id: str
    charge_id: str | None
    amount_minor: int
    currency: str
    status: RefundStatus
    reason: str | None  # the merchant's
    pending_reason: str | None = None
    failure_reason: str | None  # the bank's
    metadata: Mapping[str, str]
    created_at_us: int
    settled_at_us: int | None  # when it succeeded or, after that, failed
    succeeded_at_us: int | None = None  # when it arrived, even if it failed afterwards


@dataclass(frozen=True, kw_only=True, slots=True)
class Dispute:
    """A customer denies a payment; its money is gone until the dispute is won."""

    id: str
    payment_id: str
    charge_id: str
    amount_minor: int
    currency: str
    status: DisputeStatus
    reason: str
    evidence: Mapping[str, str]
    metadata: Mapping[str, str]
    created_at_us: int
    due_at_us: int  # by when the merchant must answer


@dataclass(frozen=True, kw_only=True, slots=True)
class Payout:
    """Money on its way from the merchant's balance to its bank account."""

    id: str
    amount_minor: int
    currency: str
    status: PayoutStatus
    is_automatic: bool
    description: str | None
    metadata: Mapping[str, str]
    created_at_us: int
    arrives_at_us: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Customer:
    """Somebody who pays more than once."""

    id: str
    email: str | None
    name: str | None
    phone: str | None
    description: str | None
    metadata: Mapping[str, str]
    particulars: Mapping[str, JsonValue]  # what else the merchant wants to be shown with it
    is_deleted: bool
    created_at_us: int


@dataclass(frozen=True, kw_only=True, slots=True)
class PaymentMethod:
    """An instrument that is kept for further payments."""

    id: str
    instrument: Instrument
    customer_id: str | None
    is_detached: bool  # from its customer, for good
    billing_details: Mapping[str, JsonValue]
    metadata: Mapping[str, str]
    created_at_us: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Movement:
    """One change of the merchant's balance; together they are the money truth."""

    id: str
    kind: MovementKind
    payment_id: str | None  # None: a payout
    refund_id: str | None
    source_id: str  # the charge, refund, dispute or payout that it belongs to
    amount_minor: int  # signed: a refund is negative
    fee_minor: int  # what the provider keeps of it
    currency: str
    at_us: int
    available_at_us: int  # from when on it can be paid out
    payout_id: str | None = None  # the payout that it was part of


@dataclass(frozen=True, kw_only=True, slots=True)
class Cause:
    """The request that made something happen."""

    request_id: str
    idempotency_key: str | None


class Happening(StrEnum):
    """What can become of a payment, a refund, a dispute, a payout or a customer."""

    PAYMENT_CREATED = "payment_created"
    PAYMENT_ACTION_REQUIRED = "payment_action_required"
    PAYMENT_AUTHORIZED = "payment_authorized"
    PAYMENT_CAPTURED = "payment_captured"
    PAYMENT_DECLINED = "payment_declined"
    PAYMENT_CANCELED = "payment_canceled"
    REFUND_CREATED = "refund_created"
    REFUND_SUCCEEDED = "refund_succeeded"
    REFUND_FAILED = "refund_failed"
    REFUND_CANCELED = "refund_canceled"
    REFUND_UPDATED = "refund_updated"
    DISPUTE_CREATED = "dispute_created"
    DISPUTE_UPDATED = "dispute_updated"
    DISPUTE_CLOSED = "dispute_closed"
    PAYOUT_CREATED = "payout_created"
    PAYOUT_PAID = "payout_paid"
    PAYOUT_CANCELED = "payout_canceled"
    CUSTOMER_CREATED = "customer_created"
    CUSTOMER_UPDATED = "customer_updated"
    CUSTOMER_DELETED = "customer_deleted"


type Subject = Payment | Refund | Dispute | Payout | Customer


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """Something that just happened in the books, with the rows as they are now."""

    happening: Happening
    subject: Subject
    payment: Payment | None = None  # to which it belongs
    charge: Charge | None = None  # that it made or touched
    before: Subject | None = None  # the subject as it was; None: it came into being
    cause: Cause | None  # None: it happened by itself, later
    at_us: int
