"""Declines: how a bank's refusal is spelled (docs.stripe.com/declines/codes, docs.stripe.com/error-codes)."""

from collections.abc import Mapping
from dataclasses import dataclass

from psp_chaos.money.bank import UNAUTHENTICATED

CARD_ERROR = "card_error"
DECLINED = "Your card was declined."


@dataclass(frozen=True, kw_only=True, slots=True)
class Decline:
    """What the wire makes of one decline code."""

    code: str = "card_declined"
    decline_code: str | None = None  # None: the code says it all
    message: str = DECLINED
    param: str | None = None
    advice_code: str | None = None
    type: str = CARD_ERROR


_TRY_LATER, _GIVE_UP, _CHECK_THE_DATA = "try_again_later", "do_not_try_again", "confirm_card_data"

_DECLINES: Mapping[str, Decline] = {
    "generic_decline": Decline(decline_code="generic_decline", advice_code=_TRY_LATER),
    "insufficient_funds": Decline(
        decline_code="insufficient_funds", message="Your card has insufficient funds.", advice_code=_TRY_LATER
    ),
    "lost_card": Decline(decline_code="lost_card", advice_code=_GIVE_UP),
    "stolen_card": Decline(decline_code="stolen_card", advice_code=_GIVE_UP),
    "expired_card": Decline(
        code="expired_card",
        decline_code="expired_card",
        message="Your card has expired.",
        param="exp_month",
        advice_code=_CHECK_THE_DATA,
    ),
    "incorrect_cvc": Decline(
        code="incorrect_cvc",
        decline_code="incorrect_cvc",
        message="Your card's security code is incorrect.",
        param="cvc",
        advice_code=_CHECK_THE_DATA,
    ),
    "processing_error": Decline(
        code="processing_error",
        decline_code="processing_error",
        message="Something went wrong while your card was processed; try again in a moment.",
        advice_code=_TRY_LATER,
    ),
    "authentication_required": Decline(
        code="authentication_required",
        decline_code="authentication_required",
        message="Your card was declined: this payment needs its owner to authenticate.",
    ),
    "authentication_not_handled": Decline(
        code="authentication_required",
        decline_code="authentication_not_handled",
        message="This payment needs its owner to authenticate, which the request did not allow.",
    ),
    UNAUTHENTICATED: Decline(
        code="payment_intent_authentication_failure",
        message="The owner of the payment method could not be authenticated; try another payment method.",
        type="invalid_request_error",
    ),
}


def decline(decline_code: str) -> Decline:
    """Return how a decline is spelled; most are told apart by their decline code alone."""
    return _DECLINES.get(decline_code) or Decline(decline_code=decline_code)
