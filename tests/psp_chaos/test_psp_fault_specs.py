"""Faults as data: what a spec says, what it refuses, and how installed faults are asked."""

from random import Random

import pytest
from pydantic import ValidationError

from psp_chaos.errors import FaultExists, NoSuchFault
from psp_chaos.faults import MENU, Faults, FaultSpec
from psp_chaos.faults.fault import ArrivalFault, DepartureFault, Occasion

PAYING = Occasion(where="reply", target="create_payment", metadata={"order_id": "o-1", "other": "x"})


class Clock:
    at_us = 100_000_000

    def now_us(self):
        return self.at_us


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def faults(clock):
    return Faults(clock=clock, random=lambda name: Random(f"1/{name}"))


def spec(kind="drop-before", **rest):
    return FaultSpec(**{"id": kind, "where": MENU[kind].where, "kind": kind, **rest})


def strikes(faults, times, occasion=PAYING):
    return [faults.ask(ArrivalFault, occasion) is not None for _ in range(times)]


@pytest.mark.parametrize("kind", MENU)
def test_every_kind_says_what_a_sound_service_is_entitled_to(kind):
    fault = spec(kind).fault()

    assert fault.kind == kind
    assert len(fault.entitlement) > 20
    assert fault.entitlement.endswith(".")
    assert fault.verdict(Random(1)) is not None


@pytest.mark.parametrize("kind", MENU)
def test_a_spec_survives_json_unchanged(kind):
    original = spec(kind, probability=0.5, window={"from_s": 1, "to_s": 2.5}, selector={"metadata": {"a": "b"}})

    assert FaultSpec.model_validate_json(original.model_dump_json()) == original


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"probabilty": 1}, "unknown probabilty; choose from id, where, kind, probability, nth"),
        ({"kind": "explode"}, "unknown kind explode; choose from error-before, drop-before"),
        ({"where": "webhook"}, "slow is a fault of the reply, not of the webhook"),
        ({"parameters": {"dely_s": [1, 2]}}, "parameters: unknown dely_s; choose from delay_s"),
        ({"parameters": {"delay_s": [2, 1]}}, "parameters.delay_s: a span goes from low to high, not from 2.0 to 1.0"),
        ({"selector": {"operaton": "x"}}, "unknown operaton; choose from operation, event_type, metadata"),
        (
            {"selector": {"operation": "create_payments"}},
            "unknown operation create_payments; choose from create_payment",
        ),
        ({"selector": {"event_type": "*"}}, "a fault of the reply cannot select by event_type"),
        ({"window": {"form_s": 1}}, "unknown form_s; choose from from_s, to_s"),
        ({"window": {"from_s": 5, "to_s": 5}}, "the window ends before it begins"),
        ({"nth": [1], "probability": 0.5}, "give nth or a probability, not both"),
        ({"nth": [0]}, "greater than 0"),
        ({"probability": 1.5}, "less than or equal to 1"),
    ],
)
def test_a_misspelt_spec_is_refused_with_the_right_names(change, message):
    with pytest.raises(ValidationError) as refusal:
        FaultSpec(**{"id": "f", "where": "reply", "kind": "slow", **change})

    assert message in str(refusal.value)


def test_nth_counts_only_what_matches(faults):
    faults.install(spec(nth=[2], selector={"operation": "create_payment"}))
    refunding = Occasion(where="reply", target="create_refund", metadata={})

    struck = [*strikes(faults, 1), *strikes(faults, 3, refunding), *strikes(faults, 2)]

    assert struck == [False, False, False, False, True, False]


def test_a_probability_strikes_about_as_often_and_equally_for_equal_seeds(clock):
    patterns = []
    for _ in range(2):
        faults = Faults(clock=clock, random=lambda name: Random(f"1/{name}"))
        faults.install(spec(probability=0.3))
        patterns.append(strikes(faults, 1_000))

    assert patterns[0] == patterns[1]
    assert 250 < sum(patterns[0]) < 350


@pytest.mark.parametrize(("at_s", "expected"), [(4.999, False), (5, True), (9.999, True), (10, False)])
def test_a_window_counts_from_the_start_and_its_end_is_outside(faults, clock, at_s, expected):
    faults.install(spec(window={"from_s": 5, "to_s": 10}))
    clock.at_us += round(at_s * 1_000_000)

    assert strikes(faults, 1) == [expected]


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ({}, True),
        ({"operation": "create_*"}, True),
        ({"operation": "*_refund"}, False),
        ({"metadata": {"order_id": "o-1"}}, True),
        ({"metadata": {"order_id": "o-2"}}, False),
        ({"operation": "create_payment", "metadata": {"missing": "x"}}, False),
    ],
)
def test_a_selector_must_match_in_full(faults, selector, expected):
    faults.install(spec(selector=selector))

    assert strikes(faults, 1) == [expected]


def test_the_first_real_answer_wins_in_order_of_installation(faults):
    faults.install(spec("hang-before", id="passes", nth=[2]))
    faults.install(spec("drop-before", id="first"))
    faults.install(spec("error-before", id="never-asked"))

    winners = [faults.ask(ArrivalFault, PAYING).spec.id for _ in range(3)]

    assert winners == ["first", "passes", "first"]


def test_a_fault_is_asked_at_its_own_moment_alone(faults):
    faults.install(spec("drop-before"))

    assert faults.ask(DepartureFault, PAYING) is None


def test_installing_one_more_fault_changes_nothing_for_those_before_it(clock):
    patterns = []
    for more in ((), ("hang-before",)):
        faults = Faults(clock=clock, random=lambda name: Random(f"1/{name}"))
        faults.install(spec(probability=0.4))
        for kind in more:
            faults.install(spec(kind, probability=0.5))
        answers = [faults.ask(ArrivalFault, PAYING) for _ in range(200)]
        patterns.append([answer is not None and answer.spec.kind == "drop-before" for answer in answers])

    assert patterns[0] == patterns[1]


def test_a_fault_is_installed_once_and_can_be_removed(faults):
    faults.install(spec())
    with pytest.raises(FaultExists):
        faults.install(spec())

    faults.remove("drop-before")

    assert faults.specs == ()
    assert strikes(faults, 1) == [False]
    with pytest.raises(NoSuchFault):
        faults.remove("drop-before")


def test_clearing_ends_the_storm(faults):
    faults.install(spec())
    faults.install(spec("slow"))

    faults.clear()

    assert strikes(faults, 1) == [False]
