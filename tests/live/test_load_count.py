"""Who should have come to an open load, and who did."""

from itertools import islice

import pytest

from scenarios.live.arrivals import ArrivalProcess, arrival_moments
from scenarios.live.load_count import count_load
from scenarios.live.load_generator import Load
from scenarios.live.shift import Shift

BEGAN_US = 1_767_225_600_000_000
OPEN = Load(
    scenario="duplicate-clicks",
    seed=7,
    users=3,
    duration_s=10,
    web_port=None,
    rate_per_s=2.0,
    arrivals=ArrivalProcess.CONSTANT,
    processes=2,
)


def came(part, number, *, late_us=0):
    """The first request of one customer, and a later one that no plan speaks of."""
    moments = arrival_moments(OPEN.arrivals, rate_per_s=2.0, seed=7, part=part, parts=2)
    due_at_us = BEGAN_US + next(islice(moments, number, None))
    first = {"customer": f"customer/{part}-{number}", "due_at_us": due_at_us, "asked_at_us": due_at_us + late_us}
    return [first, {"customer": first["customer"], "asked_at_us": due_at_us + 9_000_000}]


@pytest.fixture
def folder(tmp_path):
    for part in range(2):
        Shift(part=part, began_at_us=BEGAN_US, ended_at_us=BEGAN_US + 9_900_000).write(tmp_path)
    return tmp_path


def test_late_and_dropped_customers_are_counted(folder):
    diary = [row for number in range(9) for row in came(0, number)]
    diary += [row for number in range(7) for row in came(1, number, late_us=100_001 if number == 3 else 100_000)]

    counts = count_load(OPEN, folder, diary, ended_at_us=BEGAN_US + 30_000_000)

    assert counts == {"arrivals_due": 20, "arrivals_late": 1, "arrivals_dropped": 4}


def test_of_a_process_that_was_killed_all_are_counted_who_were_due_until_the_load_ended(folder):
    Shift(part=1, began_at_us=BEGAN_US).write(folder)

    counts = count_load(OPEN, folder, [], ended_at_us=BEGAN_US + 19_900_000)

    assert counts["arrivals_due"] == counts["arrivals_dropped"] == 10 + 20


def test_a_closed_load_has_no_plan_that_anybody_could_miss(folder):
    closed = Load(scenario="duplicate-clicks", seed=7, users=3, duration_s=10, web_port=None)

    assert count_load(closed, folder, [], ended_at_us=BEGAN_US) == {}
