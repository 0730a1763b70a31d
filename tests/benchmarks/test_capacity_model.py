"""The capacity model's arithmetic, against results that are known."""

import math
from dataclasses import replace

import pytest

from benchmarks.capacity.bounds import answer_s, capacity, connections_busy, limits
from benchmarks.capacity.demands import Demands, Plant
from benchmarks.capacity.queueing import (
    erlang_b,
    erlang_c,
    mg1_wait_s,
    mmc_response_s,
    mva_rate,
    shared_response_s,
)
from benchmarks.capacity.simulation import Load, simulate

NOTHING = Demands(
    answer_s=0.0,
    after_s=0.0,
    database_s=0.0,
    psp_s=0.0,
    customer_s=0.0,
    commit_s=0.0,
    trips_before=0,
    trips_after=0,
    variation=0.0,
    background=0.0,
)
PAYMENT = replace(
    NOTHING,
    answer_s=0.002,
    after_s=0.002,
    database_s=0.0012,
    psp_s=0.0004,
    customer_s=0.0004,
    commit_s=0.001,
    trips_before=4,
    trips_after=2,
    variation=0.1,
)
MANY = 1_000  # so many that nobody waits for one


def test_erlangs_formulas_give_what_the_tables_say():
    assert erlang_b(5, 3.0) == pytest.approx(0.1101, abs=1e-4)
    assert erlang_c(5, 3.0) == pytest.approx(0.2362, abs=1e-4)
    assert erlang_c(2, 1.0) == pytest.approx(1 / 3)


def test_one_server_is_the_same_in_every_formula():
    rate, service_s = 8.0, 0.1

    assert erlang_c(1, rate * service_s) == pytest.approx(0.8)
    assert mmc_response_s(1, rate=rate, service_s=service_s) == pytest.approx(1 / (1 / service_s - rate))
    assert mg1_wait_s(rate=rate, service_s=service_s, variation=1.0) + service_s == pytest.approx(0.5)
    assert shared_response_s(rate=rate, service_s=service_s, demand_s=service_s) == pytest.approx(0.5)


def test_constant_service_halves_the_wait():
    exponential = mg1_wait_s(rate=5, service_s=0.1, variation=1.0)

    assert mg1_wait_s(rate=5, service_s=0.1, variation=0.0) == pytest.approx(exponential / 2)


def test_a_queue_that_cannot_hold_is_refused():
    with pytest.raises(AssertionError):
        erlang_c(2, 2.0)
    with pytest.raises(AssertionError):
        mg1_wait_s(rate=11, service_s=0.1, variation=1.0)


def test_a_closed_network_tends_to_its_bottleneck_and_begins_at_its_delay():
    assert mva_rate(1, demands_s=(0.1, 0.2), think_s=0.7) == pytest.approx(1.0)
    assert mva_rate(200, demands_s=(0.1, 0.2), think_s=0.7) == pytest.approx(5.0, rel=0.01)
    assert mva_rate(2, demands_s=(1.0, 1.0), think_s=0.0) == pytest.approx(2 / 3)


@pytest.mark.parametrize("variation", [1.0, 0.0, 0.25])
def test_the_simulation_is_m_g_1_where_only_one_program_computes(variation):
    demands = replace(NOTHING, answer_s=0.1, variation=variation)

    outcome = simulate(demands, Plant(services=1, processors=1), Load(rate=7.0), seconds=2_500)

    expected_s = 0.1 + mg1_wait_s(rate=7.0, service_s=0.1, variation=variation)
    assert outcome.mean_s == pytest.approx(expected_s, rel=0.06)
    assert outcome.rate == pytest.approx(7.0, rel=0.03)


def test_the_simulation_is_m_m_c_where_only_processors_are_few():
    demands = replace(NOTHING, answer_s=0.1, variation=1.0)

    outcome = simulate(demands, Plant(services=MANY, processors=3), Load(rate=24.0), seconds=800)

    assert outcome.mean_s == pytest.approx(mmc_response_s(3, rate=24.0, service_s=0.1), rel=0.06)


def test_the_simulation_is_a_closed_network_where_customers_come_again():
    # The wait for the commit is the time that a customer thinks; the database is no bottleneck.
    demands = replace(NOTHING, answer_s=0.1, commit_s=0.4, trips_before=1, variation=0.0)

    lonely = simulate(demands, Plant(services=1, processors=9), Load(customers=1), seconds=500)
    crowded = simulate(demands, Plant(services=1, processors=9), Load(customers=30), seconds=500)

    assert lonely.rate == pytest.approx(mva_rate(1, demands_s=(0.1,), think_s=0.4), rel=0.02)
    assert crowded.rate == pytest.approx(mva_rate(30, demands_s=(0.1,), think_s=0.4), rel=0.02)


def test_no_simulation_exceeds_the_limits_and_a_saturated_one_comes_close():
    for plant in (Plant(services=1, processors=2), Plant(services=2, processors=2), Plant(services=4, processors=16)):
        outcome = simulate(PAYMENT, plant, Load(customers=10), seconds=3)

        assert 0.85 * capacity(PAYMENT, plant) < outcome.rate < 1.02 * capacity(PAYMENT, plant)


def test_the_formula_for_an_answer_is_near_the_simulation_at_half_load():
    plant = Plant(services=1, processors=2)
    rate = capacity(PAYMENT, plant) / 2

    simulated_s = simulate(PAYMENT, plant, Load(rate=rate), seconds=20).mean_s

    assert answer_s(PAYMENT, plant, rate=rate) == pytest.approx(simulated_s, rel=0.25)


def test_the_same_seed_is_the_same_simulation():
    plant = Plant(services=2, processors=2)
    one, other, different = (
        simulate(PAYMENT, plant, Load(rate=100.0), seconds=2, seed=seed).answers_s for seed in (1, 1, 2)
    )

    assert one == other
    assert one != different


def test_neighbours_take_their_share_of_the_processors():
    plant = Plant(services=8, processors=2)
    alone, beside = PAYMENT, replace(PAYMENT, background=1.0)

    assert limits(beside, plant)["processors"] == pytest.approx(limits(alone, plant)["processors"] / 2)
    assert simulate(beside, plant, Load(customers=5), seconds=5).rate == pytest.approx(
        capacity(beside, plant), rel=0.15
    )


def test_beyond_what_it_can_carry_the_formula_says_so():
    plant = Plant(services=1, processors=2)

    assert math.isinf(answer_s(PAYMENT, plant, rate=1.01 * capacity(PAYMENT, plant)))


def test_connections_are_held_as_little_says():
    still = replace(PAYMENT, answer_s=0.0, after_s=0.0, customer_s=0.0, psp_s=0.0, database_s=0.0)

    busy = connections_busy(still, Plant(services=2, processors=2), rate=100.0)

    # Three commits of a millisecond each; the first one's transaction is also held between its round trips.
    assert busy == pytest.approx(100.0 * 0.003 + 100.0 * 0.001 * 3 / 5)
