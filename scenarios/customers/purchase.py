"""What one customer wants to buy, drawn from the customer's own stream."""

import random
from collections.abc import Mapping
from dataclasses import dataclass

PAYS = "pm_card_visa"
DECLINED = "pm_card_chargeDeclined"
REFUND_FAILS = "pm_card_refundFail"  # it takes payments, and refunds come back
NEVER_AUTHENTICATES = "pm_card_authenticationRequired"  # waits for a customer who never proves who it is

# Prices that people pay, in minor units; JPY has no minor unit and KWD has three decimals, which is where systems that
# multiply by a hundred lose money.
_PRICES_MINOR: Mapping[str, tuple[int, int]] = {
    "EUR": (199, 49_999),
    "USD": (99, 99_999),
    "JPY": (120, 80_000),
    "KWD": (500, 90_000),
}

# Card networks know no thousandths: an amount of three decimals ends in zero (docs.stripe.com/currencies).
_STEPS_MINOR: Mapping[str, int] = {"KWD": 10}


@dataclass(frozen=True, kw_only=True, slots=True)
class Purchase:
    """One thing that a customer wants to pay for once."""

    intent: str
    amount_minor: int
    currency: str
    payment_method: str
    number: str = ""  # what its keys are made of, where that is not the intent

    @property
    def key(self) -> str:
        """The idempotency key of the page's button; other buttons of the same purchase have keys that begin so."""
        return f"key-{self.number or self.intent}"


def draw_purchase(draw: random.Random, *, intent: str, declined_share: float, number: str = "") -> Purchase:
    """Return a purchase; a `declined_share` of them is paid with a card that the bank refuses."""
    currency = draw.choice(list(_PRICES_MINOR))
    amount_minor = draw.randint(*_PRICES_MINOR[currency])
    amount_minor -= amount_minor % _STEPS_MINOR.get(currency, 1)
    payment_method = DECLINED if draw.random() < declined_share else PAYS
    return Purchase(
        intent=intent, amount_minor=amount_minor, currency=currency, payment_method=payment_method, number=number
    )
