"""The diaries of several processes become one."""

from itertools import count

import pytest

from scenarios.customers.actions import Outcome, Read, Seen
from scenarios.customers.diary import Author
from scenarios.live.diaries import Diaries, diary_of_part
from scenarios.live.diary_file import DiaryFile

LOOK = Read(intent="order-1-1", payment_id="pay_1")
SUCCESS = Seen(outcome=Outcome.SUCCEEDED, http_status=200, payment_id="pay_1", status="SUCCESS")


@pytest.fixture
def diaries_of_two(tmp_path):
    """Two diaries of which the clock is one."""
    clock = count(1_000)
    written = [DiaryFile(tmp_path / diary_of_part(part), now_us=lambda: next(clock)) for part in (1, 2)]
    yield written
    for diary in written:
        diary.close()


def test_rows_are_merged_in_the_order_in_which_they_were_asked_and_counted_anew(diaries_of_two, tmp_path):
    one, two = diaries_of_two
    for name, diary in [("a", two), ("b", one), ("c", two)]:
        diary.ask(Author(customer=name, script="patient"), LOOK, due_at_us=17)
    diaries = Diaries(tmp_path)

    diaries.read_on()
    merged = diaries.merged()

    assert [(row["op"], row["customer"]) for row in merged] == [(0, "a"), (1, "b"), (2, "c")]
    assert {row["due_at_us"] for row in merged} == {17}


def test_news_are_what_was_asked_or_answered_since(diaries_of_two, tmp_path):
    one, two = diaries_of_two
    diaries = Diaries(tmp_path)
    row = one.ask(Author(customer="a", script="patient"), LOOK)
    diaries.read_news()

    two.ask(Author(customer="b", script="patient"), LOOK)
    one.answer(row, SUCCESS)
    news = diaries.read_news()

    assert [(row["customer"], row["outcome"]) for row in news] == [("a", "succeeded"), ("b", "unknown")]
    assert diaries.read_news() == []


def test_who_has_no_plan_writes_none_down(diaries_of_two, tmp_path):
    diaries_of_two[0].ask(Author(customer="a", script="patient"), LOOK)

    (row,) = Diaries(tmp_path).read_on()

    assert "due_at_us" not in row
