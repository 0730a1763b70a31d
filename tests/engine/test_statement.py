"""The marks of the statement's progress, and the windows that follow from them."""

from dataclasses import replace

import pytest

from engine.money import Money
from engine.statement import LineKind, Rhythm, StatementLine, Window, beginning

SECOND_US = 1_000_000
RHYTHM = Rhythm(
    period_us=10 * SECOND_US, lookback_us=100 * SECOND_US, delay_max_us=90 * SECOND_US, orphan_after_us=SECOND_US
)
PROGRESS = beginning(at_us=1_000 * SECOND_US)


@pytest.mark.parametrize(
    ("now_us", "since_us", "expected"),
    [
        (2_000 * SECOND_US, None, (900, 2_000)),
        (2_000 * SECOND_US + 999_999, None, (900, 2_000)),  # the second that is not over is left for the next time
        (2_000 * SECOND_US, 50 * SECOND_US + 1, (50, 2_000)),
        (500 * SECOND_US, None, (900, 500)),  # a slow clock reads nothing
    ],
)
def test_a_window_overlaps_the_past_and_ends_with_the_last_whole_second(now_us, since_us, expected):
    window = PROGRESS.window(RHYTHM, now_us=now_us, since_us=since_us)

    assert (window.from_s, window.until_s) == expected


def test_windows_that_follow_each_other_leave_no_second_out():
    first = PROGRESS.window(replace(RHYTHM, lookback_us=0), now_us=2_000 * SECOND_US + 7)
    second = PROGRESS.read(first).window(replace(RHYTHM, lookback_us=0), now_us=3_000 * SECOND_US)

    assert first.until_s == second.from_s


def test_marks_never_move_back():
    progress = PROGRESS.read(Window(from_s=0, until_s=5)).compared(until_us=5)

    assert progress == PROGRESS


def test_a_claim_is_for_one_and_a_release_is_until_the_next_time():
    claimed = PROGRESS.claimed(now_us=2_000 * SECOND_US, lease_us=60)
    released = claimed.released(due_at_us=3_000 * SECOND_US, has_failed=True)

    assert (claimed.tries, claimed.is_free(now_us=2_000 * SECOND_US + 59)) == (1, False)
    assert claimed.is_free(now_us=2_000 * SECOND_US + 60)
    assert (released.failures, released.is_due(now_us=3_000 * SECOND_US - 1)) == (1, False)
    assert released.is_due(now_us=3_000 * SECOND_US)
    assert released.released(due_at_us=1, has_failed=False).failures == 0


@pytest.mark.parametrize(
    ("kind", "psp_id", "speaks_of"),
    [
        ("capture", "pi_1", "capture"),
        ("capture_reversal", "pi_1", "capture"),
        ("refund", "re_1", "refund"),
        ("refund_reversal", "re_1", "refund"),
        ("other", "po_1", None),
        ("capture", None, None),
    ],
)
def test_what_a_line_speaks_of(kind, psp_id, speaks_of):
    line = StatementLine(
        id="txn",
        kind=LineKind(kind),
        psp_id=psp_id,
        capture_psp_id=None,
        attempt_id=None,
        money=Money(amount_minor=1, currency="EUR"),
        fee_minor=0,
        reported_s=0,
    )

    assert line.speaks_of == speaks_of
