"""Faults as data: what a spec says, what it refuses, and how installed faults are asked."""

from random import Random

import pytest
from pydantic import ValidationError

from psp_chaos.errors import FaultExists, NoSuchFault
from psp_chaos.faults import MENU, Faults, FaultSpec
from psp_chaos.faults.fault import ArrivalFault, DepartureFault, Occasion
from psp_chaos.faults.installed import Count
from psp_chaos.keeping.archive import MemoryArchive

PAYING = Occasion(
    where="reply",
    target="create_payment",
    metadata={"order_id": "o-1", "other": "x"},
    account="acct_1",
    payment_id="pi_001",
)


class Clock:
    at_us = 100_000_000

    def now_us(self):
        return self.at_us


@pytest.fixture
def clock():
    return Clock()


def new_faults(clock):
    return Faults(clock=clock, random=lambda name: Random(f"1/{name}"), archive=MemoryArchive())


@pytest.fixture
def faults(clock):
    return new_faults(clock)


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
    trait = MENU[kind].selectors[-1]
    wanted = {"metadata": {"a": "b"}}.get(trait, "*")
    original = spec(kind, schedule=[1, 2], window={"from_s": 1, "to_s": 2.5}, selector={trait: wanted})

    assert FaultSpec.model_validate_json(original.model_dump_json()) == original


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"probabilty": 1}, "unknown probabilty (did you mean probability?); choose from id, where, kind, probability"),
        ({"kind": "explode"}, "unknown kind explode; choose from refuse, error-before"),
        ({"kind": "drop_after"}, "unknown kind drop_after (did you mean drop-after?); choose from refuse"),
        ({"where": "webhook"}, "slow is a fault of the reply, not of the webhook"),
        ({"parameters": {"dely_s": [1, 2]}}, "parameters: unknown dely_s (did you mean delay_s?); choose from delay_s"),
        ({"parameters": {"delay_s": [2, 1]}}, "parameters.delay_s: a span goes from low to high, not from 2.0 to 1.0"),
        ({"parameters": {"delay_s": "soon"}}, "parameters.delay_s: Input should be a valid tuple"),
        (
            {"selector": {"operaton": "x"}},
            "unknown operaton (did you mean operation?); choose from operation, event_type",
        ),
        (
            {"selector": {"operation": "create_paymints"}},
            "unknown operation create_paymints (did you mean create_payment?); choose from create_payment",
        ),
        (
            {"selector": {"event_type": "*"}},
            "slow knows no selector event_type; choose from operation, payment, account, metadata",
        ),
        (
            {"kind": "refuse", "selector": {"metadata": {}}},
            "refuse knows no selector metadata; choose from operation",
        ),
        (
            {"kind": "refund-fails", "selector": {"operation": "*_payment"}},
            "refund-fails never concerns *_payment; choose from create_refund",
        ),
        (
            {"where": "books", "kind": "settlement-row-late", "selector": {"movement": "captures"}},
            "unknown movement captures (did you mean capture?); choose from capture, refund",
        ),
        ({"window": {"form_s": 1}}, "unknown form_s (did you mean from_s?); choose from from_s, to_s"),
        ({"window": {"from_s": 5, "to_s": 5}}, "the window ends before it begins"),
        ({"window": {"to_s": 5}, "schedule": [4, 5]}, "schedule: 5 s is not within the window, which ends at 5 s"),
        ({"nth": [1], "probability": 0.5}, "give a probability, nth or a schedule, and only one of them"),
        ({"nth": [1], "schedule": [1]}, "give a probability, nth or a schedule, and only one of them"),
        ({"schedule": [1], "probability": 0.5}, "give a probability, nth or a schedule, and only one of them"),
        ({"schedule": [-1]}, "greater than or equal to 0"),
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
        faults = new_faults(clock)
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
        ({"account": "acct_1"}, True),
        ({"account": "acct_*"}, False),
        ({"payment": "pi_00?"}, True),
        ({"payment": "pi_002"}, False),
        ({"account": "acct_1", "payment": "pi_002"}, False),
    ],
)
def test_a_selector_must_match_in_full(faults, selector, expected):
    faults.install(spec(selector=selector))

    assert strikes(faults, 1) == [expected]


def test_a_payment_cannot_be_selected_where_there_is_none_yet(faults):
    faults.install(spec(selector={"payment": "pi_*"}))
    creating = Occasion(where="reply", target="create_payment", metadata={})

    assert strikes(faults, 1, creating) == [False]


def test_a_schedule_strikes_the_first_matching_occasion_from_each_moment_on(faults, clock):
    faults.install(spec(schedule=[20, 5], selector={"operation": "create_payment"}))
    refunding = Occasion(where="reply", target="create_refund", metadata={})
    struck = {}

    for at_s in (4, 5, 6, 19, 40, 41):
        clock.at_us = 100_000_000 + at_s * 1_000_000
        struck[at_s] = strikes(faults, 1, refunding) + strikes(faults, 1)

    assert [at_s for at_s, both in struck.items() if both == [False, True]] == [5, 40]
    assert not any(of_the_refund for of_the_refund, _ in struck.values())


def test_moments_that_have_passed_together_strike_once(faults, clock):
    faults.install(spec(schedule=[1, 2, 3]))
    clock.at_us += 10_000_000

    assert strikes(faults, 3) == [True, False, False]


def test_counts_tell_asked_struck_and_bitten_apart(faults):
    faults.install(spec(nth=[2, 3]))
    faults.install(spec("slow"))
    rulings = [faults.ask(ArrivalFault, PAYING) for _ in range(4)]

    faults.bit(rulings[1], object_id="pi_001", status=200)

    assert faults.counts == {
        "drop-before": Count(asked=4, struck=2, bit=1),
        "slow": Count(asked=0, struck=0, bit=0),
    }


def test_bites_are_numbered_and_stay_when_their_fault_is_gone(faults, clock):
    faults.install(spec())
    ruling = faults.ask(ArrivalFault, PAYING)
    faults.bit(ruling, object_id=None)
    faults.remove("drop-before")
    clock.at_us += 1

    faults.bit(ruling, object_id="pi_001", why="late")

    ((number, bite),) = faults.read_bites(after=0, limit=10)
    assert (number, bite.at_us, bite.object_id, bite.detail) == (
        1,
        100_000_001,
        "pi_001",
        {"request_id": None, "nth": 1, "why": "late"},
    )
    assert [bite.fault for bite in faults.bites] == ["drop-before", "drop-before"]
    assert faults.counts == {}


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
        faults = new_faults(clock)
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
