"""The diary on the disk: nothing that was asked is ever missing."""

from itertools import count

import pytest

from scenarios.customers.actions import Outcome, Read, Seen
from scenarios.customers.diary import Author
from scenarios.live.diary_file import DiaryFile, DiaryReader

AUTHOR = Author(customer="customer/1-1", script="patient")
LOOK = Read(intent="order-1-1", payment_id="pay_1")
SUCCESS = Seen(outcome=Outcome.SUCCEEDED, http_status=200, payment_id="pay_1", status="SUCCESS", answer={"object": "x"})


@pytest.fixture
def path(tmp_path):
    return tmp_path / "customers.jsonl"


@pytest.fixture
def diary(path):
    clock = count(1_000)
    diary = DiaryFile(path, now_us=lambda: next(clock))
    yield diary
    diary.close()


def test_a_request_is_on_the_disk_before_it_is_answered(diary, path):
    diary.ask(AUTHOR, LOOK)

    (row,) = DiaryReader(path).read_on()

    assert (row["outcome"], row["answered_at_us"], row["asked_at_us"]) == ("unknown", None, 1_000)


def test_the_answer_replaces_the_question(diary, path):
    first = diary.ask(AUTHOR, LOOK)
    diary.ask(AUTHOR, LOOK)
    diary.answer(first, SUCCESS)

    rows = DiaryReader(path).read_on()

    assert rows == diary.rows
    assert [row["outcome"] for row in rows] == ["succeeded", "unknown"]


def test_a_line_that_was_cut_off_by_a_kill_leaves_its_request_unknown(diary, path):
    row = diary.ask(AUTHOR, LOOK)
    diary.answer(row, SUCCESS)
    whole = path.read_bytes()
    path.write_bytes(whole[:-10])

    (read,) = DiaryReader(path).read_on()

    assert read["outcome"] == "unknown"


def test_a_reader_goes_on_where_it_stopped(diary, path):
    reader = DiaryReader(path)
    row = diary.ask(AUTHOR, LOOK)
    before = reader.read_on()[0]["outcome"]
    diary.answer(row, SUCCESS)

    after = reader.read_on()[0]["outcome"]

    assert (before, after) == ("unknown", "succeeded")


def test_a_diary_that_nobody_has_begun_is_empty(path):
    assert DiaryReader(path).read_on() == []
