"""The announcer: each change in the books becomes events, in the same moment.

Which events tell of which change: docs.stripe.com/api/events/types. Nobody promises an order; they are written down
with the charge before its payment.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from psp_chaos.delivery.events import Event, EventLog
from psp_chaos.delivery.webhooks import Webhooks
from psp_chaos.ports import Names
from psp_chaos.records import (
    Change,
    Charge,
    Customer,
    Dispute,
    DisputeStatus,
    Happening,
    Payment,
    PaymentStatus,
    Payout,
    Refund,
    Subject,
)
from psp_chaos.wire.answers import Json
from psp_chaos.wire.presenter import Presenter

TYPES: Mapping[Happening, tuple[str, ...]] = {
    Happening.PAYMENT_CREATED: ("payment_intent.created",),
    Happening.PAYMENT_ACTION_REQUIRED: ("payment_intent.requires_action",),
    Happening.PAYMENT_AUTHORIZED: ("charge.succeeded", "payment_intent.amount_capturable_updated"),
    Happening.PAYMENT_CAPTURED: ("charge.succeeded", "payment_intent.succeeded"),
    Happening.PAYMENT_DECLINED: ("charge.failed", "payment_intent.payment_failed"),
    Happening.PAYMENT_CANCELED: ("payment_intent.canceled",),
    Happening.REFUND_CREATED: ("refund.created", "charge.refunded"),
    Happening.REFUND_SUCCEEDED: ("refund.updated", "charge.refund.updated"),
    Happening.REFUND_FAILED: ("refund.updated", "charge.refund.updated", "refund.failed"),
    Happening.REFUND_CANCELED: ("refund.updated", "charge.refund.updated"),
    Happening.REFUND_UPDATED: ("refund.updated", "charge.refund.updated"),
    Happening.DISPUTE_CREATED: ("charge.dispute.created", "charge.dispute.funds_withdrawn"),
    Happening.DISPUTE_UPDATED: ("charge.dispute.updated",),
    Happening.DISPUTE_CLOSED: ("charge.dispute.closed",),
    Happening.PAYOUT_CREATED: ("payout.created",),
    Happening.PAYOUT_PAID: ("payout.paid",),
    Happening.PAYOUT_CANCELED: ("payout.canceled",),
    Happening.CUSTOMER_CREATED: ("customer.created",),
    Happening.CUSTOMER_UPDATED: ("customer.updated",),
    Happening.CUSTOMER_DELETED: ("customer.deleted",),
}

CAPTURED_LATER = ("charge.captured", "payment_intent.succeeded")
DISPUTE_WON = ("charge.dispute.closed", "charge.dispute.funds_reinstated")
ABOUT_CHARGES = frozenset({"charge.succeeded", "charge.failed", "charge.captured", "charge.refunded"})


@dataclass(frozen=True, kw_only=True, slots=True)
class _Telling:
    """One event to be."""

    type: str
    object_id: str
    snapshot: Json
    previous: Json | None = None


class Announcer:
    """Has events of changes delivered; nothing may change before it knows how its realm's objects are shown."""

    def __init__(self, *, log: EventLog, names: Names, webhooks: Webhooks) -> None:
        self._log = log
        self._names = names
        self._webhooks = webhooks
        self._presenter: Presenter | None = None

    def show_with(self, presenter: Presenter) -> None:
        """Take what shows the realm's objects, which exists only after the books that announce here."""
        self._presenter = presenter

    def __call__(self, change: Change) -> None:
        """Tell of a change; never waits."""
        assert self._presenter is not None, "nobody has said how objects are shown"
        payment_id = change.payment.id if change.payment else getattr(change.subject, "payment_id", None)
        metadata = self._metadata(change, payment_id)
        for telling in _tellings(change, self._presenter):
            self._webhooks.publish(
                Event(
                    id=self._names.event(),
                    number=self._log.next_number,
                    type=telling.type,
                    object_id=telling.object_id,
                    payment_id=payment_id,
                    metadata=metadata,
                    snapshot=telling.snapshot,
                    previous=telling.previous,
                    cause=change.cause,
                    created_at_us=change.at_us,
                )
            )

    def _metadata(self, change: Change, payment_id: str | None) -> Mapping[str, str]:
        """Return what the merchant attached to the object and to its payment."""
        own = change.subject.metadata
        if change.payment is not None:
            return {**change.payment.metadata, **own}
        story = self._log.of(payment_id) if payment_id else ()
        return {**(story[-1].metadata if story else {}), **own}


def _tellings(change: Change, presenter: Presenter) -> Iterator[_Telling]:
    shown = _show(change.before if _is_gone(change) and change.before else change.subject, presenter)
    charge = _show(change.charge, presenter) if change.charge else None
    for event_type in _types(change):
        if event_type in ABOUT_CHARGES:
            if change.charge is not None and charge is not None:
                yield _Telling(type=event_type, object_id=change.charge.id, snapshot=charge)
            continue
        previous = None
        if event_type.endswith("updated") and change.before is not None:
            previous = _difference(_show(change.before, presenter), shown)
        yield _Telling(type=event_type, object_id=change.subject.id, snapshot=shown, previous=previous)


def _types(change: Change) -> tuple[str, ...]:
    before = change.before
    if change.happening is Happening.PAYMENT_CAPTURED and isinstance(before, Payment):
        return CAPTURED_LATER if before.status is PaymentStatus.AUTHORIZED else TYPES[change.happening]
    if isinstance(change.subject, Dispute) and change.subject.status is DisputeStatus.WON:
        return DISPUTE_WON
    return TYPES[change.happening]


def _is_gone(change: Change) -> bool:
    return change.happening is Happening.CUSTOMER_DELETED


def _show(row: Subject | Charge, presenter: Presenter) -> Json:
    return _SHOWS[type(row)](presenter, row)


_SHOWS: Mapping[type, Callable[..., Json]] = {
    Payment: Presenter.payment_intent,
    Charge: Presenter.charge,
    Refund: Presenter.refund,
    Dispute: Presenter.dispute,
    Payout: Presenter.payout,
    Customer: Presenter.customer,
}


def _difference(before: Json, now: Json) -> Json:
    """Return what has changed, as it was; of a mapping only the keys that have changed."""
    changed: dict[str, object] = {}
    for name in sorted({*before, *now}):
        was, has_become = before.get(name), now.get(name)
        if was == has_become:
            continue
        if isinstance(was, Mapping) and isinstance(has_become, Mapping):
            changed[name] = _difference(was, has_become)
        else:
            changed[name] = was
    return changed
