"""Objects as Stripe shows them: the fields that its SDKs and people's code touch.

Times become whole seconds and currencies lowercase here, and nowhere else.
"""

from collections.abc import Mapping, Sequence

from psp_chaos.endpoints import Endpoint
from psp_chaos.events import Event
from psp_chaos.records import Payment, PaymentStatus, Refund
from psp_chaos.wire.answers import Json

API_VERSION = "2026-10-28.endive"  # that of the SDK the contract is tested with
DECLINED_MESSAGE = "Your card was declined."


def seconds(at_us: int) -> int:
    """Return the whole second in which something happened."""
    return at_us // 1_000_000


def payment_intent(payment: Payment) -> Json:
    """Show a payment."""
    instrument = payment.instrument
    return {
        "id": payment.id,
        "object": "payment_intent",
        "amount": payment.amount_minor,
        "amount_capturable": payment.capturable_minor,
        "amount_received": payment.captured_minor,
        "application": None,
        "canceled_at": _optional_seconds(payment.canceled_at_us),
        "cancellation_reason": payment.cancellation_reason,
        "capture_method": payment.capture_method.value,
        "client_secret": None,
        "confirmation_method": "automatic",
        "created": seconds(payment.created_at_us),
        "currency": payment.currency.lower(),
        "customer": payment.customer_id,
        "description": payment.description,
        "last_payment_error": _last_payment_error(payment),
        "latest_charge": payment.charge_id,
        "livemode": False,
        "metadata": dict(payment.metadata),
        "next_action": None,
        "on_behalf_of": None,
        # A declined payment method is taken off, so that another can be tried.
        "payment_method": instrument.name if instrument and payment.decline_code is None else None,
        "payment_method_types": ["card"],
        "processing": None,
        "review": None,
        "setup_future_usage": None,
        "source": None,
        "status": _payment_status(payment),
    }


def refund(record: Refund) -> Json:
    """Show a refund."""
    return {
        "id": record.id,
        "object": "refund",
        "amount": record.amount_minor,
        "balance_transaction": None,
        "charge": record.charge_id,
        "created": seconds(record.created_at_us),
        "currency": record.currency.lower(),
        "failure_balance_transaction": None,
        "failure_reason": record.failure_reason,
        "metadata": dict(record.metadata),
        "payment_intent": record.payment_id,
        "pending_reason": record.pending_reason,
        "reason": record.reason,
        "status": record.status.value,
    }


def event(record: Event, *, pending_webhooks: int) -> Json:
    """Show an event, with its object as it was then."""
    cause = record.cause
    return {
        "id": record.id,
        "object": "event",
        "api_version": API_VERSION,
        "created": seconds(record.created_at_us),
        "data": {"object": record.snapshot},
        "livemode": False,
        "pending_webhooks": pending_webhooks,
        "request": {
            "id": cause.request_id if cause else None,
            "idempotency_key": cause.idempotency_key if cause else None,
        },
        "type": record.type,
    }


def webhook_endpoint(endpoint: Endpoint) -> Json:
    """Show an endpoint without its secret."""
    return {
        "id": endpoint.id,
        "object": "webhook_endpoint",
        "api_version": API_VERSION,
        "application": None,
        "created": seconds(endpoint.created_at_us),
        "description": endpoint.description,
        "enabled_events": list(endpoint.enabled_events),
        "livemode": False,
        "metadata": dict(endpoint.metadata),
        "status": "enabled",
        "url": endpoint.url,
    }


def deleted(endpoint: Endpoint) -> Json:
    """Show that an endpoint is gone."""
    return {"id": endpoint.id, "object": "webhook_endpoint", "deleted": True}


def listing(rows: Sequence[Json], *, url: str, has_more: bool) -> Json:
    """Show a page of a list."""
    return {"object": "list", "url": url, "has_more": has_more, "data": list(rows)}


def _optional_seconds(at_us: int | None) -> int | None:
    return None if at_us is None else seconds(at_us)


def _payment_status(payment: Payment) -> str:
    if payment.status is not PaymentStatus.PENDING:
        return _STATUSES[payment.status]
    if payment.confirmed:
        return "processing"
    return "requires_confirmation" if payment.instrument else "requires_payment_method"


_STATUSES: Mapping[PaymentStatus, str] = {
    PaymentStatus.ACTION_REQUIRED: "requires_action",
    PaymentStatus.AUTHORIZED: "requires_capture",
    PaymentStatus.CAPTURED: "succeeded",
    PaymentStatus.DECLINED: "requires_payment_method",
    PaymentStatus.CANCELED: "canceled",
}


def _last_payment_error(payment: Payment) -> Json | None:
    if payment.decline_code is None:
        return None
    return {
        "type": "card_error",
        "code": "card_declined",
        "decline_code": payment.decline_code,
        "message": DECLINED_MESSAGE,
    }
