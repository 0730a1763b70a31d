"""The announcer: each change in the books becomes an event, in the same moment."""

from collections.abc import Mapping

from psp_chaos.events import Event, EventLog
from psp_chaos.ports import Names
from psp_chaos.records import Change, Happening, Refund
from psp_chaos.webhooks import Webhooks
from psp_chaos.wire.objects import payment_intent, refund

TYPES: Mapping[Happening, str] = {
    Happening.PAYMENT_CREATED: "payment_intent.created",
    Happening.PAYMENT_CAPTURED: "payment_intent.succeeded",
    Happening.PAYMENT_DECLINED: "payment_intent.payment_failed",
    Happening.PAYMENT_CANCELED: "payment_intent.canceled",
    Happening.REFUND_CREATED: "refund.created",
    Happening.REFUND_SUCCEEDED: "refund.updated",
    Happening.REFUND_FAILED: "refund.failed",
}


class Announcer:
    """Writes changes into the event log and has them delivered."""

    def __init__(self, *, log: EventLog, names: Names, webhooks: Webhooks) -> None:
        self._log = log
        self._names = names
        self._webhooks = webhooks

    def __call__(self, change: Change) -> None:
        """Tell of a change; never waits."""
        if change.happening not in TYPES:
            return
        event = _compose(change, names=self._names, number=self._log.next_number)
        self._log.append(event)
        self._webhooks.publish(event)


def _compose(change: Change, *, names: Names, number: int) -> Event:
    """Write the event that tells of a change."""
    payment, returned = change.payment, change.subject if isinstance(change.subject, Refund) else None
    assert payment is not None, change
    snapshot = payment_intent(payment) if returned is None else refund(returned)
    own_metadata = returned.metadata if returned else {}
    return Event(
        id=names.event(),
        number=number,
        type=TYPES[change.happening],
        object_id=returned.id if returned else payment.id,
        payment_id=payment.id,
        metadata={**payment.metadata, **own_metadata},
        snapshot=snapshot,
        cause=change.cause,
        created_at_us=change.at_us,
    )
