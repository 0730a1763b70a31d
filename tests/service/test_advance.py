"""A change that was decided without a lock is written whole, or not at all if the case is no longer what it was."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import text

from engine.inbox import Event, EventState, received
from engine.lifecycle import PaymentState, Source
from engine.payment import Cause, processing
from engine.ports import Written

CHANGES = {
    "the payment": "UPDATE payments SET updated_at_us = updated_at_us + 1",
    "the attempt": "UPDATE attempts SET due_at_us = due_at_us + 1",
    "nothing": "SELECT FROM payments FOR UPDATE",
}


@pytest.fixture
async def store(bench, no_fast_path):
    await (await bench.another(parts=no_fast_path)).pay()
    return bench.service.usecases.try_attempt.store


async def claimed(bench, store):
    """A payment's case as it is read, and its claim."""
    case = await store.case((await bench.books())["attempts"][0]["id"])
    move = processing(case.payment, Cause(reason="sent", source=Source.DISPATCH, at_us=bench.clock.now_us()))
    attempt = case.attempt.claimed(now_us=bench.clock.now_us(), lease_us=1)
    return case, replace(case, payment=move.payment, attempt=attempt), move


def entry(event_id="evt_1"):
    event = Event(
        id=event_id,
        type="payment_intent.processing",
        psp_object_id="pi_1",
        kind=None,
        attempt_id=None,
        outcome=None,
        is_foreign=False,
        payload="{}",
    )
    return received(event, state=EventState.APPLIED, at_us=7)


async def test_payment_history_attempt_and_event_are_written_together(bench, store):
    before, after, move = await claimed(bench, store)

    written = await store.advance(before, after, move=move, event=entry())

    books = await bench.books()
    assert written is Written.DONE
    assert await store.case(after.attempt.id) == after
    assert [one["to_state"] for one in books["transitions"]] == [PaymentState.CREATED, PaymentState.PROCESSING]
    assert [one["event_id"] for one in books["inbox"]] == ["evt_1"]


@pytest.mark.parametrize("what", ["the payment", "the attempt"])
async def test_a_case_that_has_changed_since_it_was_read_is_left_alone(bench, store, what):
    before, after, move = await claimed(bench, store)
    await bench.run_sql(CHANGES[what])
    books = await bench.books()

    written = await store.advance(before, after, move=move, event=entry())

    assert written is Written.OVERTAKEN
    assert await bench.books() == books


async def test_an_event_that_was_received_before_changes_nothing(bench, store):
    before, after, move = await claimed(bench, store)
    await store.insert_event(entry())
    books = await bench.books()

    written = await store.advance(before, after, move=move, event=entry())

    assert written is Written.REPEATED
    assert await bench.books() == books


@pytest.mark.parametrize(
    ("what", "expected"),
    [("the payment", Written.OVERTAKEN), ("the attempt", Written.OVERTAKEN), ("nothing", Written.DONE)],
)
async def test_after_a_wait_the_case_is_compared_as_it_is_then(bench, store, what, expected):
    before, after, move = await claimed(bench, store)

    async with bench.database.begin() as other:
        await other.execute(text("SELECT FROM payments FOR UPDATE"))
        waiting = asyncio.create_task(store.advance(before, after, move=move))
        await asyncio.sleep(0.05)
        assert not waiting.done()
        await other.execute(text(CHANGES[what]))

    assert await waiting is expected
    assert len((await bench.books())["transitions"]) == (2 if expected is Written.DONE else 1)


async def test_who_must_not_wait_is_told_at_once(bench, store):
    before, after, move = await claimed(bench, store)

    async with bench.database.begin() as other:
        await other.execute(text("SELECT FROM attempts FOR UPDATE"))
        while_held = await store.advance_unless_busy(before, after, move=move)
    afterwards = await store.advance_unless_busy(before, after, move=move)

    assert (while_held, afterwards) == (Written.OVERTAKEN, Written.DONE)


async def test_of_many_at_once_one_is_written(bench, store):
    before, after, move = await claimed(bench, store)

    written = await asyncio.gather(*(store.advance(before, after, move=move) for _ in range(5)))

    assert sorted(written) == [Written.DONE, *[Written.OVERTAKEN] * 4]
    assert len((await bench.books())["transitions"]) == 2


async def test_whoever_is_cancelled_gives_its_connection_back(bench, store):
    before, after, move = await claimed(bench, store)

    async with bench.database.begin() as other:
        await other.execute(text("SELECT FROM payments FOR UPDATE"))
        for _ in range(2 * bench.settings.pool_size):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.03):
                    await store.advance(before, after, move=move)

    assert bench.database.pool.checkedout() == 0
    assert await store.advance(before, after, move=move) is Written.DONE
