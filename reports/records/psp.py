"""The PSP's books and journal, which alone say where money moved."""

from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Struct

from reports.records.values import SINGLE, Json, as_text


class PspStatus(StrEnum):
    """What the PSP's books say of a payment or a refund, whatever its wire calls it."""

    PENDING = "pending"
    CAPTURED = "captured"
    DECLINED = "declined"
    ACTION_REQUIRED = "action_required"  # it waits for the customer
    CANCELED = "canceled"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class Lie(StrEnum):
    """What may be untrue about a webhook; whoever looks closely sees each of them but `claim`."""

    SECRET = "secret"  # noqa: S105 - not signed by the PSP
    STALE = "stale"  # signed long ago
    ACCOUNT = "account"  # of another account
    MODE = "mode"  # live where all is a test, or the reverse
    AMOUNT = "amount"  # another amount than the object's
    CLAIM = "claim"  # money is said to have moved that has not
    INVENTED = "invented"  # no event of the PSP's


class Metadata(Struct, frozen=True, gc=False):
    """What the service told the PSP about a payment or a refund; it is the service's to fill, with anything."""

    order_id: Json = None
    payment_id: Json = None
    refund_id: Json = None
    repair_of: Json = None


class PspPayment(Struct, frozen=True, gc=False):
    """psp/payments.jsonl."""

    id: str
    amount_minor: int
    currency: str
    status: str
    captured_minor: int
    refunded_minor: int
    metadata: Metadata
    created_at_us: int
    captured_at_us: int | None = None
    decided_at_us: int | None = None  # captured, declined or canceled; older runs do not say

    @property
    def order_named(self) -> str | None:
        """The order that the service told the PSP."""
        return as_text(self.metadata.order_id)

    @property
    def payment_named(self) -> str | None:
        """The payment that the service told the PSP."""
        return as_text(self.metadata.payment_id)


class PspRefund(Struct, frozen=True, gc=False):
    """psp/refunds.jsonl."""

    id: str
    payment: str
    amount_minor: int
    currency: str
    status: str
    metadata: Metadata
    created_at_us: int
    settled_at_us: int | None = None
    succeeded_at_us: int | None = None  # when it arrived, even if it failed afterwards
    failed_at_us: int | None = None  # older runs say neither

    @property
    def refund_named(self) -> str | None:
        """The refund that the service told the PSP."""
        return as_text(self.metadata.refund_id)

    @property
    def repair_of(self) -> str | None:
        """The PSP's payment that the service gave back of its own accord, by what it told the PSP."""
        return as_text(self.metadata.repair_of)

    @property
    def has_failed(self) -> bool:
        """Whether it did not arrive, or came back."""
        return self.status in (PspStatus.FAILED, PspStatus.CANCELED)

    def had_arrived(self, at_us: int) -> bool:
        """Tell whether it was there by then, even if it came back later.

        Of a refund that failed, an older run does not say; then it may have been.
        """
        if self.succeeded_at_us is not None:
            return self.succeeded_at_us <= at_us
        if self.has_failed:
            return self.failed_at_us is None and self.created_at_us <= at_us
        return self.status == PspStatus.SUCCEEDED


class PspMovement(Struct, frozen=True, gc=False):
    """psp/movements.jsonl: the ledger. Only here has money moved."""

    id: Annotated[str, SINGLE]
    kind: str  # capture, refund or refund_failure
    payment: str
    amount_minor: int  # signed, as the merchant sees it: a capture is positive, a refund negative
    currency: str
    at_us: int
    refund: str | None = None


class JournalEntry(Struct, frozen=True, gc=False):
    """psp/journal.jsonl: a request that reached the PSP, or a webhook that it tried to deliver."""

    kind: str  # "request" or "webhook"
    at_us: int
    ended_at_us: int | None = None
    object: str | None = None  # the PSP's payment or refund that it was about
    status: int | None = None  # None: it was never answered
    fault: str | None = None
    request_id: Annotated[str | None, SINGLE] = None
    operation: str | None = None
    idempotency_key: str | None = None
    replayed: bool = False
    event_id: str | None = None
    event_type: str | None = None
    attempt: int | None = None
    lies: list[str] = msgspec.field(default_factory=list)  # what was untrue about this try of a webhook, of `Lie`
    signed_at_us: int | None = None  # when its signature said that it was made
