import itertools

import pytest

from engine.lifecycle import LAWFUL_MOVES, PaymentState, is_lawful

LAWFUL = [
    (None, "CREATED"),
    ("CREATED", "PROCESSING"),
    ("PROCESSING", "SUCCESS"),
    ("PROCESSING", "FAILED"),
    ("SUCCESS", "REFUNDED"),
]


@pytest.mark.parametrize(("from_state", "to_state"), [*itertools.product([None, *PaymentState], PaymentState)])
def test_nothing_is_lawful_but_the_five_moves(from_state, to_state):
    assert is_lawful(from_state=from_state, to_state=to_state) == ((from_state, to_state) in LAWFUL)


def test_every_state_is_in_the_table():
    assert list(LAWFUL_MOVES) == list(PaymentState)
