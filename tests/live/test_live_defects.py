"""Which defects a load in real time can show, and which programs have them."""

import pytest

from scenarios.defects import DEFECTS
from scenarios.errors import BadInput
from scenarios.live.live_defects import LIVE_DEFECTS, alterations_of, live_defect, program_of


def test_every_one_on_the_list_exists():
    assert set(LIVE_DEFECTS) < set(DEFECTS)


def test_one_that_needs_more_than_a_load_is_refused_with_where_it_can_be_seen():
    with pytest.raises(
        BadInput, match=r"attempt-after-call: it cannot show .*`paystorm run --defect`.*psp-key-per-try"
    ):
        live_defect("attempt-after-call")


def test_one_that_does_not_exist_is_refused_with_those_that_do():
    with pytest.raises(BadInput, match=r"psp-key-per-tri: it does not exist; choose from .*psp-key-per-try"):
        live_defect("psp-key-per-tri")


@pytest.mark.parametrize("part", ["service", "worker"])
def test_the_sound_service_is_the_products_own_program(part):
    module, told = program_of(part, defect=None)

    assert module.startswith("service.")
    assert told == {}
    assert alterations_of(None) == ()


def test_a_defective_one_knows_its_part_and_loses_what_would_have_caught_it():
    module, told = program_of("worker", defect="key-check-then-insert")

    assert module == "scenarios.live.defective_main"
    assert set(told.values()) == {"worker", "key-check-then-insert"}
    assert alterations_of("key-check-then-insert")
