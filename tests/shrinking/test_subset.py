"""Delta debugging: what is left is enough, and no single item of it can be left out."""

from hypothesis import given
from hypothesis import strategies as st

from scenarios.shrinking.subset import needed


def test_one_of_many_is_found_in_a_few_questions():
    asked = []

    def is_enough(part):
        asked.append(part)
        return 77 in part

    assert needed(range(1_000), is_enough) == [77]
    assert len(asked) < 60


def test_where_nothing_is_needed_nothing_is_left():
    assert needed([1, 2, 3], lambda _: True) == []


def test_where_all_are_needed_all_are_left():
    assert needed([1, 2, 3], lambda _: False) == [1, 2, 3]


@given(st.integers(0, 40), st.sets(st.integers(0, 39)))
def test_exactly_what_is_needed_is_left_in_its_order(count, wanted):
    wanted = {one for one in wanted if one < count}

    assert needed(range(count), lambda part: wanted <= set(part)) == sorted(wanted)


@given(st.lists(st.frozensets(st.integers(0, 9), min_size=1), min_size=1, max_size=4))
def test_no_single_item_of_what_is_left_can_be_left_out(enough):
    def is_enough(part):
        return any(one <= set(part) for one in enough)

    left = needed(range(10), is_enough)

    assert is_enough(left)
    assert not any(is_enough([one for one in left if one != dropped]) for dropped in left)
