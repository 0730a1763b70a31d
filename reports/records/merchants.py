"""What merchants who listen are told: by the service's books, and by what they heard."""

from msgspec import Struct


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
