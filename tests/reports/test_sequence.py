"""The diagram of a story: everything within its bounds, what was lost marked, what was long said."""

from itertools import pairwise

import pytest

from reports.sequence import draw_story
from reports.sequence.shapes import Box, Mark, Stroke, Text
from reports.story import Storyteller


@pytest.fixture
def draw(run):
    def drawn(order):
        evidence = run.evidence()
        return draw_story(Storyteller(evidence).tell(order_id=order), evidence.manifest)

    return drawn


def words(diagram):
    return [line for shape in diagram.shapes if isinstance(shape, Text) for line in shape.lines]


def signs(diagram):
    return [shape.sign for shape in diagram.shapes if isinstance(shape, Mark)]


def test_a_story_is_drawn_twice_for_a_desk_and_for_a_telephone(draw):
    wide, narrow = draw("a")

    assert (wide.name, narrow.name) == ("wide", "narrow")
    assert narrow.width < 390 < wide.width
    for diagram in (wide, narrow):
        assert {"Customer", "Service", "Worker", "PSP"} <= set(words(diagram))
        assert {"CREATED", "PROCESSING", "SUCCESS"} <= set(words(diagram))


def test_nothing_leaves_its_bounds_whatever_is_said(run, draw):
    long = "W" * 300 + " \u6f22\u5b57" * 80
    run.click("a", seconds=50, key=long)
    run.bite("a" * 200, "b" * 200, seconds=60, object="pi_pay_a", target="c" * 200)
    run.step("pay_a", 9, "SUCCESS", "A_STATE_THAT_IS_AS_LONG_AS_A_STATE_CAN_BE", seconds=70)

    for diagram in draw("a"):
        for shape in diagram.shapes:
            if isinstance(shape, Box):
                assert 0 <= shape.x <= shape.x + shape.width <= diagram.width
                assert shape.y + shape.height <= diagram.height
            if isinstance(shape, Stroke):
                assert 0 <= min(shape.x1, shape.x2) <= max(shape.x1, shape.x2) <= diagram.width
            if isinstance(shape, Text):
                assert 0 <= shape.x <= diagram.width
                assert shape.y <= diagram.height


def test_what_is_lost_ends_in_a_cross_and_a_fault_has_a_bolt(draw):
    sound, faulty = draw("a")[0], draw("c")[0]

    assert signs(sound).count("cross") == signs(sound).count("bolt") == 0
    assert signs(faulty).count("cross") == signs(faulty).count("bolt") == 1


def test_silence_is_compressed_and_says_how_long_it_was_and_that_the_storm_ended(run, draw):
    run.look("a", "REFUNDED", seconds=610)
    run.look("a", "SUCCESS", seconds=4_210)
    run.journal("request", seconds=700, operation="retrieve_payment", object="pi_pay_a", status=200)

    told = [line for line in words(draw("a")[0]) if "later" in line]

    assert told == ["9.87\u00a0min later; the storm is over", "1.5\u00a0min later", "58.5\u00a0min later"]


def test_rows_come_one_below_the_other(draw):
    for diagram in draw("c"):
        times = [shape.y for shape in diagram.shapes if isinstance(shape, Text) and shape.kind == "time"]

        assert len(times) > 5
        assert times == sorted(times)
        assert all(later - earlier >= 14 for earlier, later in pairwise(times))


def test_the_state_is_a_bar_unless_there_are_two_payments(run, draw):
    def bars():
        return [shape for shape in draw("a")[0].shapes if isinstance(shape, Box) and "band" in shape.kind]

    alone = bars()
    run.declined("a", seconds=200, payment_id="pay_second")

    assert [bar.kind for bar in alone] == ["band moving", "band moving", "band paid"]
    assert bars() == []


def test_a_story_without_steps_has_no_diagram(draw):
    assert draw("nobody") == ()
