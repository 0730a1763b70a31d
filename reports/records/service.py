"""The service's books; one that is not ours may leave out what it does not know."""

from enum import StrEnum

from msgspec import Struct

from reports.records.values import Json, as_text, within


class PaymentState(StrEnum):
    """The lifecycle of a payment: CREATED, PROCESSING, then SUCCESS or FAILED; SUCCESS may become REFUNDED."""

    CREATED = "CREATED"
    PROCESSING = "PROCESSING"
    SUCCESS = "SUCCESS"
    FAILED = "FAILED"
    REFUNDED = "REFUNDED"


FINAL_STATES = frozenset({PaymentState.SUCCESS, PaymentState.FAILED, PaymentState.REFUNDED})
PAID_STATES = frozenset({PaymentState.SUCCESS, PaymentState.REFUNDED})


class RefundState(StrEnum):
    """The lifecycle of a refund in the service's books."""

    PENDING = "PENDING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


class Payment(Struct, frozen=True, gc=False):
    """service/payments.jsonl: only the id and the state are indispensable."""

    id: str
    state: str
    merchant_id: str | None = None
    order_id: str | None = None
    amount_minor: int | None = None
    currency: str | None = None
    failure_reason: str | None = None
    captured_minor: int | None = None
    refunded_minor: int | None = None
    created_at_us: int | None = None
    updated_at_us: int | None = None
    cancel_requested_at_us: int | None = None


class Transition(Struct, frozen=True, gc=False):
    """service/transitions.jsonl: one step of one payment."""

    payment_id: str
    sequence: int
    to_state: str
    at_us: int
    from_state: str | None = None  # None: the payment came into being
    reason: str | None = None
    source: str | None = None  # api, dispatch, webhook or worker


class Attempt(Struct, frozen=True, gc=False):
    """service/attempts.jsonl: one try at the PSP, under a key of its own."""

    id: str
    payment_id: str
    kind: str
    psp_key: str
    state: str
    created_at_us: int
    refund_id: str | None = None
    psp_id: str | None = None
    tries: int = 0
    first_sent_at_us: int | None = None
    settled_at_us: int | None = None


class Refund(Struct, frozen=True, gc=False):
    """service/refunds.jsonl."""

    id: str
    payment_id: str
    amount_minor: int
    state: str
    created_at_us: int
    reason: str | None = None
    psp_refund_id: str | None = None
    settled_at_us: int | None = None


class InboxEvent(Struct, frozen=True, gc=False):
    """service/inbox.jsonl: one event of the PSP, as it was stored."""

    event_id: str
    type: str
    state: str
    received_at_us: int
    psp_object_id: str | None = None
    applied_at_us: int | None = None


class IdempotencyKey(Struct, frozen=True, gc=False):
    """service/idempotency_keys.jsonl, without the remembered body."""

    merchant_id: str
    route: str
    key: str
    created_at_us: int
    expires_at_us: int
    status: int | None = None


class Discrepancy(Struct, frozen=True, gc=False):
    """service/discrepancies.jsonl: a disagreement that the service itself has found."""

    id: str
    kind: str
    state: str
    found_at_us: int
    subject: str | None = None  # the attempt, PSP object or event that it is about
    payment_id: str | None = None
    amount_minor: int | None = None
    currency: str | None = None
    evidence: Json = None
    closed_at_us: int | None = None

    @property
    def about(self) -> str | None:
        """What it is about, wherever the row says so."""
        return self.subject or self.detail("subject")

    @property
    def object(self) -> str | None:
        """The PSP's payment or refund that it is about."""
        return self.detail("psp_object_id") or self.about

    def detail(self, key: str) -> str | None:
        """What its evidence says under this key."""
        return as_text(within(self.evidence, key))
