"""The rows of the evidence: one class a file, one field a key.

Units: times are integer microseconds since the Unix epoch (`at_us`), money is integer minor units of an ISO 4217
currency. A field with a default may be missing from a row; a service that is not ours may leave out what it does not
know. States are kept as plain text, because a state that nobody has heard of is a finding, not an unreadable file.

A run may have millions of rows, so they are structs of msgspec: the collector need not look at them, since a row never
points back, and they are filled by position, for which what is indispensable comes first in each. Everywhere else they
are made with keywords, like every other value.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated

import msgspec
import orjson
from msgspec import Struct

type Json = bool | int | float | str | list[Json] | dict[str, Json] | None
type JsonObject = dict[str, Json]
type JsonText = str | None
"""JSON that stays text, as it was written, until somebody looks into it, which of most answers nobody ever does."""

SINGLE = "single"
"""Marks what hardly comes twice, so that to look for its like costs more than it saves."""


@dataclass(frozen=True, slots=True)
class KeptWith:
    """Marks a field that a judge needs only where another one is there; elsewhere its content stays in the file."""

    other: str


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


class DiaryEntry(Struct, frozen=True, gc=False):
    """diary.jsonl: one request of one customer, and what the customer saw of it."""

    op: Annotated[int, SINGLE]
    customer: str
    script: str
    intent: str  # what the customer wants once; a refund has an intent of its own
    action: str
    asked_at_us: int
    outcome: str
    order_id: str  # the intent of the purchase, which the PSP's metadata carries too
    key: str | None = None
    amount_minor: int | None = None
    currency: str | None = None
    payment_id: str | None = None
    refund_id: str | None = None
    due_at_us: int | None = None  # when an open load wanted it; None: when it was asked
    answered_at_us: int | None = None  # None: no answer ever came
    http_status: int | None = None
    replayed: bool = False  # the answer said that it was a remembered one
    status_shown: str | None = None
    captured_shown_minor: int | None = None
    refunded_shown_minor: int | None = None
    retry_after_s: int | float | None = None  # what the answer asked the customer to wait
    merchant_id: str | None = None  # whose customer; None: everybody is one merchant's, or nobody wrote it down
    answer: Annotated[JsonText, KeptWith("key")] = None  # of a look, the columns say what counts
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
        said = _parsed(self.answer)
        return _text(said, key) if isinstance(said, dict) else None

    def is_answered_like(self, other: "DiaryEntry") -> bool:
        """Tell whether both were given the same answer, in whatever order its keys were written down."""
        if self.http_status != other.http_status:
            return False
        return self.answer == other.answer or _in_order(self.answer) == _in_order(other.answer)


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
    fingerprint: Annotated[str, SINGLE]
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
        return _text(self.evidence, key) if isinstance(self.evidence, dict) else None


class Endpoint(Struct, frozen=True, gc=False):
    """service/endpoints.jsonl: where a merchant listens, without its secret."""

    id: str
    merchant_id: str
    state: str  # enabled, disabled or deleted
    created_at_us: int


class OutgoingEvent(Struct, frozen=True, gc=False):
    """service/outgoing_events.jsonl: what a merchant is to be told, without the content."""

    id: str
    merchant_id: str
    type: str
    sequence: int  # grows with each event about the same payment or refund
    payment_id: str
    occurred_at_us: int
    refund_id: str | None = None


class Delivery(Struct, frozen=True, gc=False):
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


class PspPayment(Struct, frozen=True, gc=False):
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


class PspRefund(Struct, frozen=True, gc=False):
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
    request_id: str | None = None
    operation: str | None = None
    idempotency_key: str | None = None
    replayed: bool = False
    event_id: str | None = None
    event_type: str | None = None
    attempt: int | None = None
    endpoint: str | None = None
    lies: list[str] = msgspec.field(default_factory=list)  # what was untrue about this try of a webhook, of `Lie`
    signed_at_us: int | None = None  # when its signature said that it was made


class FaultBite(Struct, frozen=True, gc=False):
    """faults.jsonl: a fault that really bit; one that was planned but found no victim is not here."""

    at_us: int
    fault: str  # the fault's id in the plan
    where: str
    kind: str
    target: str | None = None
    object: str | None = None
    detail: JsonObject = msgspec.field(default_factory=dict)
    unsurvivable: str | None = None  # what of it nobody can survive, as is declared beside the fault


class Notice(Struct, frozen=True, gc=False):
    """merchants.jsonl: one event as it reached a merchant who listens, and how it was answered.

    What could not be read of it is None.
    """

    at_us: int
    merchant_id: str  # who listens
    body_sha256: str  # two of the same have the same content
    is_signed: bool  # its signature holds
    is_taken: bool  # it was news, and the merchant acts upon it
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
    signed_at_us: int | None = None  # when it says that it was signed
    status: int | None = None  # of the answer; None: there was none
    fault: str | None = None  # what was wrong with the listener


def _parsed(text: JsonText) -> Json:
    parsed: Json = None if text is None else orjson.loads(text)
    return parsed


def _in_order(text: JsonText) -> bytes:
    return orjson.dumps(_parsed(text), option=orjson.OPT_SORT_KEYS)


def _text(metadata: JsonObject, key: str) -> str | None:
    """Return what stands under this key; metadata is for the service to fill, so anything may stand there."""
    value = metadata.get(key)
    return value if isinstance(value, str) and value else None
