"""Money and time as people read them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.money import format_money, format_sums
from reports.spans import axis_unit, duration, moment
from reports.words import opening_count


@pytest.mark.parametrize(
    ("amount_minor", "currency", "text"),
    [
        (123_456, "EUR", "EUR\u00a01,234.56"),
        (5, "EUR", "EUR\u00a00.05"),
        (1_234, "JPY", "JPY\u00a01,234"),
        (1_234, "KWD", "KWD\u00a01.234"),
        (-250, "USD", "USD\u00a0\N{MINUS SIGN}2.50"),
        (0, "EUR", "EUR\u00a00.00"),
    ],
)
def test_money_has_the_decimals_of_its_currency(amount_minor, currency, text):
    assert format_money(amount_minor, currency) == text


@given(st.integers(min_value=0), st.sampled_from(["EUR", "JPY", "KWD", "CLF"]))
def test_no_digit_is_ever_lost(amount_minor, currency):
    digits = "".join(character for character in format_money(amount_minor, currency) if character.isdigit())

    assert int(digits) == amount_minor


def test_currencies_are_listed_and_never_added_up():
    assert format_sums({"USD": 100, "EUR": 200, "JPY": 3}) == "EUR\u00a02.00, JPY\u00a03 and USD\u00a01.00"
    assert format_sums({"EUR": 200}) == "EUR\u00a02.00"
    assert format_sums({}) == "nothing"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0042, "4.2\u00a0ms"), (1, "1\u00a0s"), (90, "1.5\u00a0min"), (7_200, "2\u00a0h"), (0, "0\u00a0ms")],
)
def test_a_stretch_of_time_has_its_largest_unit(seconds, text):
    assert duration(seconds) == text


def test_a_moment_reads_like_a_clock():
    assert moment(3_725.0625) == "1:02:05.062"
    assert moment(-0.5) == "\N{MINUS SIGN}0:00:00.500"
    assert moment(59.9996) == "0:01:00.000"


def test_an_axis_has_a_unit_with_readable_numbers():
    assert axis_unit(18_000) == ("hours", 3_600)
    assert axis_unit(600) == ("minutes", 60)


def test_small_numbers_open_a_sentence_in_letters():
    assert [opening_count(count) for count in (1, 12, 13, 1_300)] == ["One", "Twelve", "13", "1,300"]
