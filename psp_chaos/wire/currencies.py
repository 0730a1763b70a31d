"""Currencies, and which amounts may be charged in them (docs.stripe.com/currencies).

An amount counts the currency's smallest unit; where that is a thousandth, it must be a multiple of ten.
"""

from collections.abc import Mapping

from psp_chaos.wire.errors import WireError

AMOUNT_MAX = 99_999_999  # eight digits at most

_TWO_DECIMALS = """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BWP BYN BZD CAD CDF CHF CNY COP CRC CVE
    CZK DKK DOP DZD EGP ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR ISK JMD KES KGS KHR KYD
    KZT LAK LBP LKR LRD LSL MAD MDL MKD MMK MNT MOP MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR
    PLN QAR RON RSD RUB SAR SBD SCR SEK SGD SHP SLE SOS SRD STN SVC SZL THB TJS TOP TRY TTD TWD TZS UAH USD UYU UZS WST
    XCD YER ZAR ZMW
"""
_NO_DECIMALS = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF UGX VND VUV XAF XOF XPF"
_THREE_DECIMALS = "BHD JOD KWD OMR TND"

DECIMALS: Mapping[str, int] = {
    **dict.fromkeys(_TWO_DECIMALS.split(), 2),
    **dict.fromkeys(_NO_DECIMALS.split(), 0),
    **dict.fromkeys(_THREE_DECIMALS.split(), 3),
}

CHARGE_MIN: Mapping[str, int] = {
    "AED": 200,
    "AUD": 50,
    "BGN": 100,
    "BRL": 50,
    "CAD": 50,
    "CHF": 50,
    "CZK": 1_500,
    "DKK": 250,
    "EUR": 50,
    "GBP": 30,
    "HKD": 400,
    "HUF": 17_500,
    "INR": 50,
    "JPY": 50,
    "MXN": 1_000,
    "MYR": 200,
    "NOK": 300,
    "NZD": 50,
    "PLN": 200,
    "RON": 200,
    "SEK": 300,
    "SGD": 50,
    "THB": 1_000,
    "USD": 50,
}
"""The smallest charge; where Stripe names none it converts the half dollar, and here a single unit will do."""


def require_chargeable(amount_minor: int, currency: str) -> None:
    """Refuse an amount that cannot be charged."""
    least_minor = CHARGE_MIN.get(currency, 1)
    if amount_minor < least_minor:
        raise WireError(
            f"Amount must be at least {least_minor} in {currency.lower()}.", code="amount_too_small", param="amount"
        )
    if DECIMALS[currency] == 3 and amount_minor % 10:  # noqa: PLR2004 - see the module
        raise WireError(
            f"Amounts in {currency.lower()} must be multiples of ten; {amount_minor} is not.",
            code="parameter_invalid_integer",
            param="amount",
        )
