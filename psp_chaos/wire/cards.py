"""Stripe's test payment methods, and what each of them does (docs.stripe.com/testing).

A card that is `pm_card_visa` as a PaymentMethod is `tok_visa` as a token; both spellings name the same card.
"""

from collections.abc import Mapping
from dataclasses import replace

from psp_chaos.records import Instrument, RefundCourse

_METHOD, _TOKEN = "pm_card_", "tok_"

_BRANDS = (
    Instrument(name="visa"),
    Instrument(name="visa_debit", last4="5556", funding="debit"),
    Instrument(name="mastercard", brand="mastercard", last4="4444"),
    Instrument(name="mastercard_debit", brand="mastercard", last4="8210", funding="debit"),
    Instrument(name="mastercard_prepaid", brand="mastercard", last4="5100", funding="prepaid"),
    Instrument(name="amex", brand="amex", last4="8431"),
    Instrument(name="discover", brand="discover", last4="1117"),
    Instrument(name="diners", brand="diners", last4="0004"),
    Instrument(name="jcb", brand="jcb", last4="0505", country="JP"),
    Instrument(name="unionpay", brand="unionpay", last4="0005", country="CN"),
)

_COUNTRIES: Mapping[str, str] = {  # and the last four digits of each country's card
    "us": "4242",
    "ar": "0021",
    "at": "0008",
    "au": "0006",
    "be": "0004",
    "br": "0002",
    "ca": "0000",
    "ch": "0009",
    "cn": "0002",
    "cz": "0002",
    "de": "0016",
    "dk": "0001",
    "es": "0007",
    "fi": "0001",
    "fr": "0003",
    "gb": "0000",
    "gr": "0030",
    "hk": "0004",
    "hu": "0005",
    "ie": "0005",
    "in": "0008",
    "it": "0008",
    "jp": "0003",
    "mx": "8001",
    "my": "0002",
    "nl": "0002",
    "no": "0003",
    "nz": "0008",
    "pl": "0005",
    "pt": "0007",
    "ro": "0001",
    "se": "0008",
    "sg": "0003",
}

_DECLINING: Mapping[str, tuple[str, str]] = {  # last four digits and decline code
    "chargeDeclined": ("0002", "generic_decline"),
    "chargeDeclinedInsufficientFunds": ("9995", "insufficient_funds"),
    "chargeDeclinedLostCard": ("9987", "lost_card"),
    "chargeDeclinedStolenCard": ("9979", "stolen_card"),
    "chargeDeclinedExpiredCard": ("0069", "expired_card"),
    "chargeDeclinedIncorrectCvc": ("0127", "incorrect_cvc"),
    "chargeDeclinedProcessingError": ("0119", "processing_error"),
    "chargeDeclinedVelocityLimitExceeded": ("6975", "card_velocity_exceeded"),
    "chargeDeclinedFraudulent": ("0019", "fraudulent"),
    "chargeCustomerFail": ("0341", "generic_decline"),
    "radarBlock": ("0019", "fraudulent"),
    "riskLevelHighest": ("4954", "fraudulent"),
}

_OTHERS = (
    Instrument(name="riskLevelElevated", last4="9235"),
    Instrument(name="cvcCheckFail", last4="0101"),
    Instrument(name="avsFail", last4="0010"),
    Instrument(name="avsZipFail", last4="0036"),
    Instrument(name="bypassPending", last4="0077"),
    Instrument(name="authenticationRequired", last4="3184", needs_action=True),
    Instrument(name="authenticationRequiredOnSetup", last4="3155", needs_action=True),
    Instrument(name="authenticationRequiredSetupForOffSession", last4="0446"),
    Instrument(
        name="authenticationRequiredChargeDeclinedInsufficientFunds",
        last4="8260",
        needs_action=True,
        decline_code="insufficient_funds",
    ),
    Instrument(name="threeDSecureRequired", last4="3063", needs_action=True),
    Instrument(name="threeDSecure2Required", last4="3220", needs_action=True),
    Instrument(
        name="threeDSecureRequiredChargeDeclined", last4="1629", needs_action=True, decline_code="generic_decline"
    ),
    Instrument(
        name="threeDSecureRequiredProcessingError", last4="1280", needs_action=True, decline_code="processing_error"
    ),
    Instrument(name="threeDSecureOptional", last4="3055"),
    Instrument(name="createDispute", last4="0259", dispute_reason="fraudulent"),
    Instrument(name="createDisputeProductNotReceived", last4="2685", dispute_reason="product_not_received"),
    Instrument(name="pendingRefund", last4="7726", refund_course=RefundCourse.LATER),
    Instrument(name="refundFail", last4="5126", refund_course=RefundCourse.FAILS_LATER),
)


def _named() -> dict[str, Instrument]:
    cards = [*_BRANDS, *_OTHERS]
    cards += [Instrument(name=name, last4=last4, country=name.upper()) for name, last4 in _COUNTRIES.items()]
    for name, (last4, decline_code) in _DECLINING.items():
        card = Instrument(name=name, last4=last4, decline_code=decline_code)
        cards += [card, replace(card, name=f"visa_{name}")]  # both are in use
    return {card.name: card for card in cards}


CARDS: Mapping[str, Instrument] = {
    _METHOD + name: replace(card, name=_METHOD + name) for name, card in _named().items()
}
"""Every test card by its name as a PaymentMethod."""

TOKENS: Mapping[str, Instrument] = {_TOKEN + name.removeprefix(_METHOD): card for name, card in CARDS.items()}
"""Every test card by its name as a token."""
