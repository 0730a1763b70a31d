"""Customers and PaymentMethods as Stripe shows them."""

import hashlib

from pydantic import JsonValue

from psp_chaos.records import Customer, Instrument, PaymentMethod
from psp_chaos.wire.answers import Json
from psp_chaos.wire.objects import seconds

NO_ADDRESS: Json = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))
NO_BILLING_DETAILS: Json = {"address": NO_ADDRESS, "email": None, "name": None, "phone": None, "tax_id": None}
NO_INVOICE_SETTINGS: dict[str, JsonValue] = {
    "custom_fields": None,
    "default_payment_method": None,
    "footer": None,
    "rendering_options": None,
}

_EXPIRES_MONTH, _EXPIRES_YEAR = 12, 2034
_CHECKS: Json = {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"}


def customer(record: Customer, *, is_live: bool = False) -> Json:
    """Show a customer; of one that was deleted nothing is left but that."""
    if record.is_deleted:
        return {"id": record.id, "object": "customer", "deleted": True}
    return {
        "id": record.id,
        "object": "customer",
        "address": None,
        "balance": 0,
        "created": seconds(record.created_at_us),
        "currency": None,
        "default_source": None,
        "delinquent": False,
        "description": record.description,
        "discount": None,
        "email": record.email,
        "invoice_prefix": record.id[-8:].upper(),
        "invoice_settings": NO_INVOICE_SETTINGS,
        "livemode": is_live,
        "metadata": dict(record.metadata),
        "name": record.name,
        "phone": record.phone,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
        **record.particulars,
    }


def payment_method(record: PaymentMethod, *, is_live: bool = False) -> Json:
    """Show a payment method."""
    return {
        "id": record.id,
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": billing_details(record),
        "card": card_details(record.instrument),
        "created": seconds(record.created_at_us),
        "customer": record.customer_id,
        "livemode": is_live,
        "metadata": dict(record.metadata),
        "type": "card",
    }


def unkept_method(card: Instrument, *, is_live: bool = False) -> Json:
    """Show a test card as if it were somebody's payment method."""
    method = PaymentMethod(
        id=card.name,
        instrument=card,
        customer_id=None,
        is_detached=False,
        billing_details={},
        metadata={},
        created_at_us=0,
    )
    return payment_method(method, is_live=is_live)


def billing_details(record: PaymentMethod | None) -> Json:
    """Show who pays, as far as it is known."""
    return NO_BILLING_DETAILS if record is None else {**NO_BILLING_DETAILS, **record.billing_details}


def card_details(instrument: Instrument) -> Json:
    """Show a card."""
    return {
        "brand": instrument.brand,
        "checks": _CHECKS,
        "country": instrument.country,
        "display_brand": instrument.brand,
        "exp_month": _EXPIRES_MONTH,
        "exp_year": _EXPIRES_YEAR,
        "fingerprint": _fingerprint(instrument),
        "funding": instrument.funding,
        "last4": instrument.last4,
        "network": instrument.brand,
        "networks": {"available": [instrument.brand], "preferred": None},
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }


def _fingerprint(instrument: Instrument) -> str:
    """Return what equal card numbers have in common."""
    number = f"{instrument.brand}/{instrument.funding}/{instrument.country}/{instrument.last4}"
    return hashlib.sha256(number.encode()).hexdigest()[:16]
