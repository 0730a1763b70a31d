"""The moments of an open model: drawn beforehand, shared among processes, and never moved by an answer."""

from itertools import islice, pairwise

import pytest

from scenarios.live.arrivals import ArrivalProcess, arrival_moments, count_due, parse_rate

SECOND_US = 1_000_000


def first(count, process, **options):
    return list(islice(arrival_moments(process, **options), count))


def test_a_seed_gives_the_same_moments_and_another_seed_others():
    moments, again = (first(50, ArrivalProcess.POISSON, rate_per_s=20, seed=7) for _ in range(2))

    others = first(50, ArrivalProcess.POISSON, rate_per_s=20, seed=8)

    assert moments == again
    assert moments != others
    assert moments == sorted(moments)


def test_strangers_come_at_the_rate_with_gaps_and_in_bursts():
    moments = first(20_000, ArrivalProcess.POISSON, rate_per_s=20, seed=1)

    gaps_s = [(later - earlier) / SECOND_US for earlier, later in pairwise(moments)]
    mean_s = sum(gaps_s) / len(gaps_s)
    spread_s = (sum((gap_s - mean_s) ** 2 for gap_s in gaps_s) / len(gaps_s)) ** 0.5

    assert mean_s == pytest.approx(1 / 20, rel=0.03)
    assert spread_s == pytest.approx(mean_s, rel=0.05)  # of an exponential distribution they are one


def test_parts_of_strangers_are_each_their_own_and_together_the_whole_rate():
    parts = [
        list(arrivals_within(60, ArrivalProcess.POISSON, rate_per_s=50, seed=3, part=part, parts=4))
        for part in range(4)
    ]

    assert len({tuple(part) for part in parts}) == 4
    assert sum(map(len, parts)) == pytest.approx(60 * 50, rel=0.1)


def test_parts_of_a_clockwork_take_turns():
    parts = [first(5, ArrivalProcess.CONSTANT, rate_per_s=10, seed=1, part=part, parts=2) for part in range(2)]

    whole = first(10, ArrivalProcess.CONSTANT, rate_per_s=10, seed=1)

    assert sorted(parts[0] + parts[1]) == whole
    assert whole[:4] == [0, 100_000, 200_000, 300_000]


def test_who_is_due_is_counted_without_anybody_having_come():
    moments = arrival_moments(ArrivalProcess.CONSTANT, rate_per_s=4, seed=1)

    due = count_due(moments, within_us=2 * SECOND_US)

    assert due == 9  # the first one at once, and the last one at the very end


@pytest.mark.parametrize(
    ("text", "rate_per_s"), [("20/s", 20), ("20", 20), ("300/min", 5), ("0.5/s", 0.5), ("1e2", 100)]
)
def test_a_rate_is_so_many_a_second_or_a_minute(text, rate_per_s):
    assert parse_rate(text) == rate_per_s


@pytest.mark.parametrize("text", ["", "many", "0/s", "-1/s", "nan", "inf/s", "20/h", "5000/s", "/s"])
def test_what_is_no_rate_is_refused_with_an_example_or_a_bound(text):
    with pytest.raises(ValueError, match=r"such as 20/s|between 0 and 1000/s"):
        parse_rate(text)


def arrivals_within(seconds, process, **options):
    for moment in arrival_moments(process, **options):
        if moment > seconds * SECOND_US:
            return
        yield moment
