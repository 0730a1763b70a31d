"""Money as people read it: minor units become a number with the decimals that its currency has."""

from types import MappingProxyType

# ISO 4217, table A.1: every currency that is not listed here has two decimals.
_WITHOUT_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_WITH_THREE = "BHD IQD JOD KWD LYD OMR TND"
_WITH_FOUR = "CLF UYW"
_DECIMALS = MappingProxyType(
    dict.fromkeys(_WITHOUT_DECIMALS.split(), 0)
    | dict.fromkeys(_WITH_THREE.split(), 3)
    | dict.fromkeys(_WITH_FOUR.split(), 4)
)


def decimals(currency: str) -> int:
    """Return how many decimals the currency has."""
    return _DECIMALS.get(currency, 2)


def to_major(amount_minor: int, currency: str) -> float:
    """Return the amount in major units, for plots and for ordering; never for sums."""
    return float(amount_minor / 10 ** decimals(currency))


def format_money(amount_minor: int, currency: str) -> str:
    """Return the amount as text, such as `EUR 1,234.50`, exact to the last digit."""
    places = decimals(currency)
    whole, part = divmod(abs(amount_minor), 10**places)
    fraction = f".{part:0{places}d}" if places else ""
    sign = "\N{MINUS SIGN}" if amount_minor < 0 else ""
    # A no-break space keeps the currency with its number.
    return f"{currency}\N{NO-BREAK SPACE}{sign}{whole:,}{fraction}"


def format_sums(sums_minor: dict[str, int]) -> str:
    """Return amounts of several currencies as text: `EUR 12.00 and JPY 500`; currencies are never added up."""
    parts = [format_money(amount_minor, currency) for currency, amount_minor in sorted(sums_minor.items())]
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts) or "nothing"
