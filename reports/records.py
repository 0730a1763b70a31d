"""The rows of the evidence: one class a file, one field a key.

Units: times are integer microseconds since the Unix epoch (`at_us`), money is integer minor units of an ISO 4217
currency. A field with a default may be missing from a row; a service that is not ours may leave out what it does not
know. States are kept as plain text, because a state that nobody has heard of is a finding, not an unreadable file.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

import orjson

type Json = bool | int | float | str | list[Json] | dict[str, Json] | None
type JsonObject = dict[str, Json]
type JsonText = str | None
"""JSON with sorted keys that stays text until somebody looks into it, which of most answers nobody ever does."""

KEPT_WITH = "kept_with"
"""Marks a field of which a judge has need only where another one is there; elsewhere its content stays in the file."""

SINGLE = MappingProxyType({"single": True})
"""Marks numbers of which hardly one comes twice, so that to look for its like costs more than it saves."""


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


STILL_OPEN = "still open when the run ended"
"""The `error` of a request that nobody waited for to its end: the run ended first."""


class Outcome(StrEnum):
    """What a customer knows of a request; a timeout is unknown, never failed."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Action(StrEnum):
    """The requests of a customer that the judge understands."""

    CREATE = "create"
    READ = "read"
    REFUND = "refund"
    CANCEL = "cancel"
    READ_REFUND = "read_refund"


@dataclass(frozen=True, kw_only=True, slots=True)
class Manifest:
    """manifest.json: which run this was, and how to have it again."""

    format: int
    scenario: str
    story: str  # what the scenario puts the system through, in plain words
    seed: int
    mode: str  # "virtual" or "live"
    command: str  # repeats this very run
    versions: JsonObject = field(default_factory=dict)
    commit: str | None = None
    plan: JsonObject = field(default_factory=dict)
    started_at_us: int
    storm_ended_at_us: int  # the calm began
    ended_at_us: int  # the books were read
    is_complete: bool = True  # False: somebody ended the run before its time
    final_within_s: int | float  # the promise: every payment is final this long after the calm began
    digest: str = ""  # SHA-256 of the records; written by write_run
    timeline: str = ""  # SHA-256 of everything that happened, in its order; virtual runs only
    swarm: JsonObject = field(default_factory=dict)  # what of the plan the seed drew, by dotted key
    left_out: list[str] = field(default_factory=list)  # of the plan, what could not be done, and why
    counts: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class DiaryEntry:
    """diary.jsonl: one request of one customer, and what the customer saw of it."""

    op: int = field(metadata=SINGLE)
    customer: str
    script: str
    intent: str  # what the customer wants once; a refund has an intent of its own
    action: str
    key: str | None = None
    amount_minor: int | None = None
    currency: str | None = None
    payment_id: str | None = None
    refund_id: str | None = None
    due_at_us: int | None = field(default=None, metadata=SINGLE)  # when an open load wanted it; None: when it was asked
    asked_at_us: int = field(metadata=SINGLE)
    answered_at_us: int | None = field(default=None, metadata=SINGLE)  # None: no answer ever came
    outcome: str
    http_status: int | None = None
    replayed: bool = False  # the answer said that it was a remembered one
    status_shown: str | None = None
    captured_shown_minor: int | None = None
    refunded_shown_minor: int | None = None
    retry_after_s: int | float | None = None  # what the answer asked the customer to wait
    merchant_id: str | None = None  # whose customer; None: everybody is one merchant's, or nobody wrote it down
    order_id: str  # the intent of the purchase, which the PSP's metadata carries too
    answer: JsonText = field(default=None, metadata={KEPT_WITH: "key"})  # of a look, the columns say what counts
    error: str | None = None

    @property
    def latency_us(self) -> int | None:
        """How long the customer waited, from when the request was due; None: no answer ever came.

        A load generator that is late must not make the service look faster (coordinated omission).
        """
        wanted_at_us = self.asked_at_us if self.due_at_us is None else min(self.due_at_us, self.asked_at_us)
        return None if self.answered_at_us is None else self.answered_at_us - wanted_at_us

    def told(self, key: str) -> str | None:
        """What the answer says under this key."""
        said = None if self.answer is None else orjson.loads(self.answer)
        return _text(said, key) if isinstance(said, dict) else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Payment:
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Transition:
    """service/transitions.jsonl: one step of one payment."""

    payment_id: str
    sequence: int
    from_state: str | None = None  # None: the payment came into being
    to_state: str
    reason: str | None = None
    source: str | None = None  # api, dispatch, webhook or worker
    at_us: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """service/attempts.jsonl: one try at the PSP, under a key of its own."""

    id: str
    payment_id: str
    refund_id: str | None = None
    kind: str
    psp_key: str
    psp_id: str | None = None
    state: str
    tries: int = 0
    created_at_us: int
    first_sent_at_us: int | None = None
    settled_at_us: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Refund:
    """service/refunds.jsonl."""

    id: str
    payment_id: str
    amount_minor: int
    reason: str | None = None
    state: str
    psp_refund_id: str | None = None
    created_at_us: int
    settled_at_us: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class InboxEvent:
    """service/inbox.jsonl: one event of the PSP, as it was stored."""

    event_id: str
    type: str
    psp_object_id: str | None = None
    state: str
    received_at_us: int
    applied_at_us: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class IdempotencyKey:
    """service/idempotency_keys.jsonl, without the remembered body."""

    merchant_id: str
    route: str
    key: str
    fingerprint: str
    status: int | None = None
    created_at_us: int
    expires_at_us: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Discrepancy:
    """service/discrepancies.jsonl: a disagreement that the service itself has found."""

    id: str
    kind: str
    subject: str | None = None  # the attempt, PSP object or event that it is about
    payment_id: str | None = None
    amount_minor: int | None = None
    currency: str | None = None
    state: str
    evidence: Json = None
    found_at_us: int
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
        return _text(self.evidence, key) if isinstance(self.evidence, dict) else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoint:
    """service/endpoints.jsonl: where a merchant listens, without its secret."""

    id: str
    merchant_id: str
    state: str  # enabled, disabled or deleted
    created_at_us: int


@dataclass(frozen=True, kw_only=True, slots=True)
class OutgoingEvent:
    """service/outgoing_events.jsonl: what a merchant is to be told, without the content."""

    id: str
    merchant_id: str
    type: str
    sequence: int  # grows with each event about the same payment or refund
    payment_id: str
    refund_id: str | None = None
    occurred_at_us: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """service/deliveries.jsonl: an event on its way to one endpoint."""

    event_id: str
    endpoint_id: str
    state: str  # pending, delivered or dead
    tries: int
    due_at_us: int | None = None
    tried_at_us: int | None = None  # the last time
    echo: str | None = None  # what came of it
    status: int | None = None
    note: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PspPayment:
    """psp/payments.jsonl."""

    id: str
    amount_minor: int
    currency: str
    status: str
    captured_minor: int
    refunded_minor: int
    metadata: JsonObject
    created_at_us: int
    captured_at_us: int | None = None
    decided_at_us: int | None = None  # captured, declined or canceled; older runs do not say

    @property
    def order_named(self) -> str | None:
        """The order that the service told the PSP."""
        return _text(self.metadata, "order_id")

    @property
    def payment_named(self) -> str | None:
        """The payment that the service told the PSP."""
        return _text(self.metadata, "payment_id")


@dataclass(frozen=True, kw_only=True, slots=True)
class PspRefund:
    """psp/refunds.jsonl."""

    id: str
    payment: str
    amount_minor: int
    currency: str
    status: str
    metadata: JsonObject
    created_at_us: int
    settled_at_us: int | None = None
    succeeded_at_us: int | None = None  # when it arrived, even if it failed afterwards
    failed_at_us: int | None = None  # older runs say neither

    @property
    def refund_named(self) -> str | None:
        """The refund that the service told the PSP."""
        return _text(self.metadata, "refund_id")

    @property
    def repair_of(self) -> str | None:
        """The PSP's payment that the service gave back of its own accord, by what it told the PSP."""
        return _text(self.metadata, "repair_of")

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


@dataclass(frozen=True, kw_only=True, slots=True)
class PspMovement:
    """psp/movements.jsonl: the ledger. Only here has money moved."""

    id: str
    kind: str  # capture, refund or refund_failure
    payment: str
    refund: str | None = None
    amount_minor: int  # signed, as the merchant sees it: a capture is positive, a refund negative
    currency: str
    at_us: int


@dataclass(frozen=True, kw_only=True, slots=True)
class JournalEntry:
    """psp/journal.jsonl: a request that reached the PSP, or a webhook that it tried to deliver."""

    kind: str  # "request" or "webhook"
    at_us: int
    ended_at_us: int | None = None
    object: str | None = None  # the PSP's payment or refund that it was about
    status: int | None = None  # None: it was never answered
    fault: str | None = None
    request_id: str | None = None
    operation: str | None = None
    idempotency_key: str | None = None
    replayed: bool = False
    event_id: str | None = None
    event_type: str | None = None
    attempt: int | None = None
    endpoint: str | None = None
    lies: list[str] = field(default_factory=list)  # what was untrue about this try of a webhook, of `Lie`
    signed_at_us: int | None = None  # when its signature said that it was made


@dataclass(frozen=True, kw_only=True, slots=True)
class FaultBite:
    """faults.jsonl: a fault that really bit; one that was planned but found no victim is not here."""

    at_us: int
    fault: str  # the fault's id in the plan
    where: str
    kind: str
    target: str | None = None
    object: str | None = None
    detail: JsonObject = field(default_factory=dict)
    unsurvivable: str | None = None  # what of it nobody can survive, as is declared beside the fault


@dataclass(frozen=True, kw_only=True, slots=True)
class Notice:
    """merchants.jsonl: one event as it reached a merchant who listens, and how it was answered.

    What could not be read of it is None.
    """

    at_us: int = field(metadata=SINGLE)
    merchant_id: str  # who listens
    event_id: str | None = None
    type: str | None = None
    sequence: int | None = None
    happened_at_us: int | None = None  # as it says
    payment_id: str | None = None  # what it speaks of, and of that
    refund_id: str | None = None  # a refund, if it is about one
    state: str | None = None
    amount_minor: int | None = None
    currency: str | None = None
    captured_minor: int | None = None
    refunded_minor: int | None = None
    reason: str | None = None
    body_sha256: str  # two of the same have the same content
    is_signed: bool  # its signature holds
    signed_at_us: int | None = None  # when it says that it was signed
    is_taken: bool  # it was news, and the merchant acts upon it
    status: int | None = None  # of the answer; None: there was none
    fault: str | None = None  # what was wrong with the listener


def _text(metadata: JsonObject, key: str) -> str | None:
    """Return what stands under this key; metadata is for the service to fill, so anything may stand there."""
    value = metadata.get(key)
    return value if isinstance(value, str) and value else None
