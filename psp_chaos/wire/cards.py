"""Stripe's test payment methods, and what each of them does (docs.stripe.com/testing)."""

from collections.abc import Mapping

from psp_chaos.records import Instrument, RefundCourse
from psp_chaos.wire.errors import WireError

_CARDS = (
    Instrument(name="pm_card_visa"),
    Instrument(name="pm_card_mastercard"),
    Instrument(name="pm_card_amex"),
    Instrument(name="pm_card_chargeDeclined", decline_code="generic_decline"),
    Instrument(name="pm_card_visa_chargeDeclined", decline_code="generic_decline"),
    Instrument(name="pm_card_chargeDeclinedInsufficientFunds", decline_code="insufficient_funds"),
    Instrument(name="pm_card_visa_chargeDeclinedInsufficientFunds", decline_code="insufficient_funds"),
    Instrument(name="pm_card_pendingRefund", refund_course=RefundCourse.LATER),
    Instrument(name="pm_card_refundFail", refund_course=RefundCourse.FAILS_LATER),
)

CARDS: Mapping[str, Instrument] = {card.name: card for card in _CARDS}


def card(name: str | None) -> Instrument | None:
    """Return the card of this name; None for none.

    Raises:
        WireError: There is no such card.
    """
    if name is None:
        return None
    if name not in CARDS:
        raise WireError.missing("PaymentMethod", name, param="payment_method")
    return CARDS[name]
