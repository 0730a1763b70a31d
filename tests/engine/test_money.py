import pytest

from engine.money import MINOR_DIGITS, Money


@pytest.mark.parametrize(
    ("amount_minor", "currency", "text"),
    [
        (1250, "EUR", "12.50 EUR"),
        (5, "USD", "0.05 USD"),
        (1250, "JPY", "1250 JPY"),
        (1250, "KWD", "1.250 KWD"),
        (-5, "EUR", "-0.05 EUR"),
        (0, "EUR", "0.00 EUR"),
        (7, "???", "7 ???"),
    ],
)
def test_money_reads_as_people_write_it(amount_minor, currency, text):
    assert str(Money(amount_minor=amount_minor, currency=currency)) == text


def test_money_is_equal_only_with_its_currency():
    assert Money(amount_minor=1, currency="EUR") != Money(amount_minor=1, currency="USD")


def test_currencies_are_those_whose_minor_unit_the_psp_counts_like_iso_4217():
    assert {code for code, digits in MINOR_DIGITS.items() if digits == 0} == {"CLP", "JPY", "KRW", "VND"}
    assert {code for code, digits in MINOR_DIGITS.items() if digits == 3} == {"BHD", "JOD", "KWD", "OMR", "TND"}
    assert not {"ISK", "UGX"} & set(MINOR_DIGITS)
