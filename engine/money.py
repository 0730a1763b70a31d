"""Money is an integer count of minor units together with its currency.

Nothing here multiplies or divides: an amount is counted in minor units from the customer to the PSP and back.
The number of digits (ISO 4217) is needed in one place only, where a person reads an amount.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

# The currencies we take, with their digits after the point as ISO 4217 counts them. ISK and UGX are left out on
# purpose: ISO gives them none, Stripe still counts them in hundredths, and such a payment would be off by 100.
MINOR_DIGITS: Mapping[str, int] = MappingProxyType(
    {
        "AED": 2,
        "AUD": 2,
        "BHD": 3,
        "BRL": 2,
        "CAD": 2,
        "CHF": 2,
        "CLP": 0,
        "CNY": 2,
        "CZK": 2,
        "DKK": 2,
        "EUR": 2,
        "GBP": 2,
        "HKD": 2,
        "ILS": 2,
        "INR": 2,
        "JOD": 3,
        "JPY": 0,
        "KRW": 0,
        "KWD": 3,
        "MXN": 2,
        "MYR": 2,
        "NOK": 2,
        "NZD": 2,
        "OMR": 3,
        "PLN": 2,
        "RON": 2,
        "SAR": 2,
        "SEK": 2,
        "SGD": 2,
        "THB": 2,
        "TND": 3,
        "TRY": 2,
        "USD": 2,
        "VND": 0,
        "ZAR": 2,
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Money:
    """An amount of one currency; equal only when both parts are."""

    amount_minor: int
    currency: str  # ISO 4217, upper case

    def __str__(self) -> str:
        """Return the amount as people write it, for example `12.50 EUR`."""
        digits = MINOR_DIGITS.get(self.currency, 0)
        if digits == 0:
            return f"{self.amount_minor} {self.currency}"
        whole, rest = divmod(abs(self.amount_minor), 10**digits)
        sign = "-" if self.amount_minor < 0 else ""
        return f"{sign}{whole}.{rest:0{digits}} {self.currency}"


def step_minor(currency: str) -> int:
    """Return of what an amount must be a multiple: cards know no thousandths (docs.stripe.com/currencies)."""
    return 10 if MINOR_DIGITS[currency] == _THOUSANDTHS else 1


_THOUSANDTHS = 3
