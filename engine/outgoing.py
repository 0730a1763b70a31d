"""What merchants are told: events about their payments and refunds, and the tries to deliver them.

An event is a snapshot: its object as it was committed together with what happened. It is stored in that very commit
(`service.store.outbox`), once for each transition of a payment and each final move of a refund, and never changes. Its
id follows from the object and the sequence, so that what is one event for us is one event for whoever receives it.

A delivery is one event on its way to one endpoint. Whatever is not a clear yes is tried again on a schedule, so an
event may arrive twice and late; after the last try the delivery is dead, until somebody has it sent again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from random import Random
from types import MappingProxyType

from engine.lifecycle import PaymentState, RefundState
from engine.payment import Payment
from engine.refund import Refund

ENDPOINTS_MAX = 16  # of one merchant: each costs a row for each event
JITTER = 0.2  # a wait is up to so much shorter or longer, so that what failed together does not come back together


class EventType(StrEnum):
    """What happened."""

    PAYMENT_CREATED = "payment.created"
    PAYMENT_PROCESSING = "payment.processing"
    PAYMENT_SUCCEEDED = "payment.succeeded"
    PAYMENT_FAILED = "payment.failed"
    PAYMENT_REFUNDED = "payment.refunded"
    REFUND_SUCCEEDED = "refund.succeeded"
    REFUND_FAILED = "refund.failed"


PAYMENT_EVENTS: Mapping[PaymentState, EventType] = MappingProxyType(
    {
        PaymentState.CREATED: EventType.PAYMENT_CREATED,
        PaymentState.PROCESSING: EventType.PAYMENT_PROCESSING,
        PaymentState.SUCCESS: EventType.PAYMENT_SUCCEEDED,
        PaymentState.FAILED: EventType.PAYMENT_FAILED,
        PaymentState.REFUNDED: EventType.PAYMENT_REFUNDED,
    }
)
REFUND_EVENTS: Mapping[RefundState, EventType] = MappingProxyType(
    {
        RefundState.SUCCEEDED: EventType.REFUND_SUCCEEDED,
        RefundState.FAILED: EventType.REFUND_FAILED,
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class OutgoingEvent:
    """One thing that happened to a payment or a refund."""

    id: str
    merchant_id: str
    type: EventType
    sequence: int  # grows with each event of the same object
    subject: Payment | Refund  # as it was then
    occurred_at_us: int


class EndpointState(StrEnum):
    """Whether an endpoint is told anything."""

    ENABLED = "enabled"
    DISABLED = "disabled"  # by the merchant, or because it said that it is gone
    DELETED = "deleted"  # its deliveries still name it; nothing else of it is left


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoint:
    """Where a merchant listens."""

    id: str
    merchant_id: str
    url: str | None  # None exactly when deleted
    state: EndpointState
    secret: str | None = field(repr=False)  # signs; None exactly when deleted
    old_secret: str | None = field(default=None, repr=False)  # signs as well for a while after a change
    old_secret_until_us: int | None = None
    disabled_reason: str | None = None
    created_at_us: int

    @property
    def is_enabled(self) -> bool:
        """Tell whether events are sent there."""
        return self.state is EndpointState.ENABLED

    def secrets(self, *, now_us: int) -> tuple[str, ...]:
        """Return what signs now, the newest first."""
        assert self.secret is not None, "nothing is sent to what is deleted"
        if self.old_secret is None or self.old_secret_until_us is None or self.old_secret_until_us <= now_us:
            return (self.secret,)
        return self.secret, self.old_secret

    def rotated(self, secret: str, *, until_us: int) -> "Endpoint":
        """Return it with a new secret; the one before goes on signing until then."""
        return replace(self, secret=secret, old_secret=self.secret, old_secret_until_us=until_us)

    def moved(self, url: str) -> "Endpoint":
        """Return it at another address."""
        return replace(self, url=url)

    def enabled(self) -> "Endpoint":
        """Return it listening."""
        return replace(self, state=EndpointState.ENABLED, disabled_reason=None)

    def disabled(self, reason: str) -> "Endpoint":
        """Return it not listening; the first reason stays."""
        return replace(self, state=EndpointState.DISABLED, disabled_reason=self.disabled_reason or reason)

    def deleted(self) -> "Endpoint":
        """Return what is left of it: its name."""
        return Endpoint(
            id=self.id,
            merchant_id=self.merchant_id,
            url=None,
            state=EndpointState.DELETED,
            secret=None,
            created_at_us=self.created_at_us,
        )


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"  # nobody tries any more


class EchoKind(StrEnum):
    """What came back from an endpoint."""

    ACCEPTED = "accepted"  # a 2xx: it has the event
    REFUSED = "refused"  # any other answer
    GONE = "gone"  # 410: it wants no events any more
    UNANSWERED = "unanswered"  # no answer in time; it may have the event or not
    BARRED = "barred"  # we may not send to where its address leads; nothing was sent
    DISABLED = "disabled"  # it was not asked, because it is not listening any more


@dataclass(frozen=True, kw_only=True, slots=True)
class Echo:
    """How one try ended."""

    kind: EchoKind
    status: int | None = None  # of the answer
    note: str | None = None  # what was in the way, in words for the merchant


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """A delivery that was claimed for one try."""

    event: OutgoingEvent
    endpoint: Endpoint  # as it is now
    tries: int  # with this one


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliveryRecord:
    """How a delivery stands, as merchants are shown it."""

    endpoint_id: str
    state: DeliveryState
    tries: int
    tried_at_us: int | None  # the last time
    due_at_us: int | None  # the next time
    echo: EchoKind | None  # of the last try that ended
    status: int | None
    note: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Consequence:
    """What a try makes of a delivery, and perhaps of its endpoint."""

    state: DeliveryState
    due_at_us: int | None
    disables: bool = False


def consequence(echo: Echo, *, tries: int, schedule_us: Sequence[int], random: Random, at_us: int) -> Consequence:
    """Decide what becomes of a delivery after so many tries; the schedule has the waits between them."""
    match echo.kind:
        case EchoKind.ACCEPTED:
            return Consequence(state=DeliveryState.DELIVERED, due_at_us=None)
        case EchoKind.GONE:
            return Consequence(state=DeliveryState.DEAD, due_at_us=None, disables=True)
        case EchoKind.DISABLED:
            return Consequence(state=DeliveryState.DEAD, due_at_us=None)
        case EchoKind.REFUSED | EchoKind.UNANSWERED | EchoKind.BARRED:
            if tries > len(schedule_us):
                return Consequence(state=DeliveryState.DEAD, due_at_us=None)
            wait_us = round(schedule_us[tries - 1] * random.uniform(1 - JITTER, 1 + JITTER))
            return Consequence(state=DeliveryState.PENDING, due_at_us=at_us + wait_us)
