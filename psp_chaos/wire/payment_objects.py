"""PaymentIntents, Charges and Refunds as Stripe shows them."""

import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache

from psp_chaos.money.settlement import SettlementLine
from psp_chaos.records import (
    Charge,
    ChargeStatus,
    MovementKind,
    Payment,
    PaymentStatus,
    Refund,
)
from psp_chaos.wire.answers import Json
from psp_chaos.wire.customer_objects import NO_BILLING_DETAILS, card_details
from psp_chaos.wire.declines import decline
from psp_chaos.wire.errors import doc_url
from psp_chaos.wire.objects import optional_seconds, seconds


def payment_intent(payment: Payment, *, is_live: bool = False, declined_method: Json | None = None) -> Json:
    """Show a payment; of one that was declined the payment method goes with the error."""
    instrument = payment.instrument
    return {
        "id": payment.id,
        "object": "payment_intent",
        "amount": payment.amount_minor,
        "amount_capturable": payment.capturable_minor,
        "amount_received": payment.captured_minor,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": None,
        "canceled_at": optional_seconds(payment.canceled_at_us),
        "cancellation_reason": payment.cancellation_reason,
        "capture_method": payment.capture_method.value,
        "client_secret": _client_secret(payment.id),
        "confirmation_method": "automatic",
        "created": seconds(payment.created_at_us),
        "currency": payment.currency.lower(),
        "customer": payment.customer_id,
        "description": payment.description,
        "last_payment_error": _last_payment_error(payment, declined_method),
        "latest_charge": payment.charge_id,
        "livemode": is_live,
        "metadata": dict(payment.metadata),
        "next_action": _next_action(payment),
        "on_behalf_of": None,
        # A declined payment method is taken off, so that another can be tried.
        "payment_method": instrument.name if instrument and payment.decline_code is None else None,
        "payment_method_options": {},
        "payment_method_types": ["card"],
        "processing": None,
        "receipt_email": None,
        "review": None,
        "setup_future_usage": None,
        "shipping": None,
        "source": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": payment_status(payment),
        "transfer_data": None,
        "transfer_group": None,
        **payment.particulars,
    }


def charge(
    record: Charge,
    payment: Payment,
    *,
    is_live: bool = False,
    is_disputed: bool = False,
    billing_details: Json = NO_BILLING_DETAILS,
    lines: Sequence[SettlementLine] = (),
) -> Json:
    """Show a try to charge a payment, and what became of its money."""
    is_latest = record.id == payment.charge_id
    captured_minor = payment.captured_minor if is_latest else 0
    refunded_minor = payment.refunded_minor if is_latest else 0
    is_captured = is_latest and payment.status is PaymentStatus.CAPTURED
    declined = None if record.decline_code is None else decline(record.decline_code)
    return {
        "id": record.id,
        "object": "charge",
        "amount": record.amount_minor,
        "amount_captured": captured_minor,
        "amount_refunded": refunded_minor,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": line_id(lines, MovementKind.CAPTURE),
        "billing_details": billing_details,
        "calculated_statement_descriptor": None,
        "captured": is_captured,
        "created": seconds(record.created_at_us),
        "currency": record.currency.lower(),
        "customer": payment.customer_id,
        "description": payment.description,
        "disputed": is_disputed,
        "failure_balance_transaction": None,
        "failure_code": declined and declined.code,
        "failure_message": declined and declined.message,
        "fraud_details": {},
        "livemode": is_live,
        "metadata": dict(payment.metadata),
        "on_behalf_of": None,
        "outcome": _outcome(record),
        "paid": record.status is ChargeStatus.SUCCEEDED,
        "payment_intent": payment.id,
        "payment_method": record.instrument.name,
        "payment_method_details": {"card": card_details(record.instrument), "type": "card"},
        "receipt_email": payment.particulars.get("receipt_email"),
        "receipt_number": None,
        "receipt_url": None,
        "refunded": is_captured and refunded_minor == captured_minor,
        "review": None,
        "shipping": payment.particulars.get("shipping"),
        "source": None,
        "source_transfer": None,
        "statement_descriptor": payment.particulars.get("statement_descriptor"),
        "statement_descriptor_suffix": payment.particulars.get("statement_descriptor_suffix"),
        "status": record.status.value,
        "transfer_data": None,
        "transfer_group": None,
    }


def refund(record: Refund, *, lines: Sequence[SettlementLine] = ()) -> Json:
    """Show a refund."""
    return {
        "id": record.id,
        "object": "refund",
        "amount": record.amount_minor,
        "balance_transaction": line_id(lines, MovementKind.REFUND),
        "charge": record.charge_id,
        "created": seconds(record.created_at_us),
        "currency": record.currency.lower(),
        "destination_details": {"card": {"type": "refund"}, "type": "card"},
        "failure_balance_transaction": line_id(lines, MovementKind.REFUND_FAILURE),
        "failure_reason": record.failure_reason,
        "metadata": dict(record.metadata),
        "payment_intent": record.payment_id,
        "pending_reason": record.pending_reason,
        "reason": record.reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": record.status.value,
        "transfer_reversal": None,
    }


def payment_status(payment: Payment) -> str:
    """Return what the wire calls the status of a payment."""
    if payment.status is not PaymentStatus.PENDING:
        return _STATUSES[payment.status]
    if payment.confirmed:
        return "processing"
    return "requires_confirmation" if payment.instrument else "requires_payment_method"


def line_id(lines: Sequence[SettlementLine], kind: MovementKind) -> str | None:
    """Return the first line of this kind."""
    return next((line.id for line in lines if line.kind is kind), None)


_STATUSES: Mapping[PaymentStatus, str] = {
    PaymentStatus.ACTION_REQUIRED: "requires_action",
    PaymentStatus.AUTHORIZED: "requires_capture",
    PaymentStatus.CAPTURED: "succeeded",
    PaymentStatus.DECLINED: "requires_payment_method",
    PaymentStatus.CANCELED: "canceled",
}


@lru_cache(maxsize=1_024)  # a payment is shown several times while it is made
def _client_secret(payment_id: str) -> str:
    return f"{payment_id}_secret_{hashlib.sha256(payment_id.encode()).hexdigest()[:24]}"


def _last_payment_error(payment: Payment, declined_method: Json | None) -> Json | None:
    if payment.decline_code is None:
        return None
    declined = decline(payment.decline_code)
    told = {
        "type": declined.type,
        "advice_code": declined.advice_code,
        "charge": payment.charge_id,
        "code": declined.code,
        "decline_code": declined.decline_code,
        "doc_url": doc_url(declined.code),
        "message": declined.message,
        "param": declined.param,
        "payment_method": declined_method,
    }
    return {name: value for name, value in told.items() if value is not None}


def _next_action(payment: Payment) -> Json | None:
    """Say where the customer proves who it is: nowhere, for the control plane decides it."""
    if payment.status is not PaymentStatus.ACTION_REQUIRED:
        return None
    url = f"https://hooks.invalid/authenticate/{payment.id}"
    if payment.return_url is None:
        return {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect", "stripe_js": url}}
    return {"type": "redirect_to_url", "redirect_to_url": {"return_url": payment.return_url, "url": url}}


def _outcome(record: Charge) -> Json:
    if record.decline_code is None:
        return {
            "network_status": "approved_by_network",
            "reason": None,
            "risk_level": "normal",
            "seller_message": "Payment complete.",
            "type": "authorized",
        }
    return {
        "network_status": "declined_by_network",
        "reason": record.decline_code,
        "risk_level": "normal",
        "seller_message": "The bank has declined this payment.",
        "type": "issuer_declined",
    }
