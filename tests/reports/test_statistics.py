"""Intervals and tests against values that others have published or that can be counted by hand."""

from fractions import Fraction
from math import comb

import pytest

from reports.statistics import (
    difference_interval,
    fisher,
    found_among,
    found_within,
    quantile,
    seeds_needed,
    share_at_most,
    share_interval,
)
from reports.statistics.beta import beta_share


@pytest.mark.parametrize(
    ("count", "total", "low", "high"),
    [
        (5, 10, 0.1871, 0.8129),  # from tables of Clopper and Pearson's interval
        (1, 10, 0.0025, 0.4450),
        (15, 148, 0.0578, 0.1617),  # Newcombe 1998, table I
        (81, 263, 0.2527, 0.3676),
    ],
)
def test_the_exact_interval_of_a_share_is_the_published_one(count, total, low, high):
    assert share_interval(count, total) == pytest.approx((low, high), abs=1e-4)


def test_where_nothing_was_seen_the_doubt_is_all_on_one_side():
    assert share_interval(0, 100) == (0, pytest.approx(1 - 0.05 ** (1 / 100)))
    assert share_interval(100, 100) == (pytest.approx(0.05 ** (1 / 100)), 1)
    assert share_at_most(1_000) == pytest.approx(3 / 1_000, rel=0.01), "the rule of three"
    assert share_interval(0, 0) == (0, 1), "nobody tried"


@pytest.mark.parametrize(("x", "k", "n"), [(0.3, 4, 11), (0.97, 3, 5), (0.02, 1, 200), (0.5, 60, 100)])
def test_the_beta_function_counts_successes(x, k, n):
    share = Fraction(x)

    chance = sum(comb(n, i) * share**i * (1 - share) ** (n - i) for i in range(k, n + 1))

    assert beta_share(x, k, n - k + 1) == pytest.approx(float(chance), rel=1e-10)


def test_an_interval_covers_its_share_as_often_as_it_says():
    n, chance = 30, 0.2
    covered = [k for k in range(n + 1) if share_interval(k, n).holds(chance)]

    coverage = sum(comb(n, k) * chance**k * (1 - chance) ** (n - k) for k in covered)

    assert 0.95 <= coverage < 1


def test_the_difference_of_two_shares_has_the_published_interval():
    assert difference_interval((48, 80), (56, 70)) == pytest.approx((0.0524, 0.3339), abs=1e-4)
    assert difference_interval((1, 10), (9, 10)) == pytest.approx(
        tuple(-end for end in reversed(difference_interval((9, 10), (1, 10))))
    )
    assert difference_interval((0, 0), (1, 2)) == (-1, 1), "nothing is known of one of them"


@pytest.mark.parametrize(
    ("one", "other", "p"),
    [
        ((3, 4), (1, 4), 34 / 70),  # the lady tasting tea
        ((1, 10), (11, 14), 0.002759456),
        ((0, 5), (0, 9), 1),
        ((0, 0), (4, 9), 1),
    ],
)
def test_the_exact_test_gives_the_known_p_value(one, other, p):
    assert fisher(one, other) == pytest.approx(p)
    assert fisher(other, one) == pytest.approx(p)


def test_a_quantile_lies_between_values_of_the_sample():
    values = [*range(1, 21)]

    median = quantile(values, 0.5)

    assert median is not None
    assert (median.value, median.interval) == (10, (6, 15)), "the ranks of the sign test's interval for 20 values"


def test_few_values_cannot_say_how_far_off_a_quantile_is():
    least = {0.5: 6, 0.9: 36, 0.99: 368}

    for share, count in least.items():
        enough, too_few = quantile([*range(count)], share), quantile([*range(count - 1)], share)
        assert enough is not None
        assert too_few is not None
        assert (enough.interval is not None, too_few.interval) == (True, None), share
    assert quantile([], 0.5) is None


def test_seeds_find_what_a_share_of_them_shows():
    assert found_within(100, 0.01) == pytest.approx(1 - 0.99**100)
    assert (found_within(0, 0.5), found_within(3, 1), found_within(3, 0)) == (0, 1, 0)
    assert found_among(10, total=100, found=5) == pytest.approx(1 - comb(95, 10) / comb(100, 10))
    assert (found_among(96, total=100, found=5), found_among(100, total=100, found=0)) == (1, 0)
    assert [seeds_needed(chance) for chance in (0.5, 0.01, 1, 0)] == [5, 299, 1, None]
