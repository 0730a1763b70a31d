"""Any number of workers and the fast path may meet; an attempt is in one hand at a time."""

import asyncio

from service.worker import WorkDone


async def test_two_workers_do_not_send_twice(bench, no_fast_path):
    dying = await bench.another(parts=no_fast_path)
    for number in range(5):
        await dying.pay(key=f"key-{number}")
    other = await bench.another()
    bench.clock.advance(20)

    done = await asyncio.gather(bench.service.worker.tick(), other.service.worker.tick())

    assert bench.psp.count("create_payment") == 5
    assert sum(one.attempts for one in done) == 5
    assert len(bench.psp.captured()) == 5


async def test_the_worker_leaves_alone_what_the_fast_path_holds(bench):
    bench.psp.script("create_payment", "hold")
    paying = asyncio.create_task(bench.pay())
    gate = await bench.psp.held.get()
    bench.clock.advance(29)

    done = await bench.service.worker.tick()
    gate.set()
    await paying

    assert done.attempts == 0
    assert bench.psp.count("create_payment") == 1


async def test_the_fast_path_leaves_alone_what_the_worker_has_tried(bench, no_fast_path):
    dying = await bench.another(parts=no_fast_path)
    await dying.pay()
    attempt_id = (await bench.books())["attempts"][0]["id"]
    bench.psp.script("create_payment", "timeout_before")
    bench.clock.advance(20)
    await bench.service.worker.tick()

    try_attempt = bench.service.usecases.try_attempt
    tried = await try_attempt.dispatch(await try_attempt.store.case(attempt_id))

    assert tried is False
    assert bench.psp.count("create_payment") == 1


async def test_the_worker_leaves_alone_what_is_held_or_not_due_even_if_it_was_listed_before(bench):
    bench.psp.script("create_payment", "hold_before")
    paying = asyncio.create_task(bench.pay())
    gate = await bench.psp.held.get()
    attempt_id = (await bench.books())["attempts"][0]["id"]
    bench.clock.advance(20)  # due, but leased

    while_held = await bench.service.usecases.try_attempt.resolve(attempt_id)
    gate.set()
    await paying
    while_postponed = await bench.service.usecases.try_attempt.resolve(attempt_id)

    assert (while_held, while_postponed) == (False, False)
    assert bench.psp.count("create_payment") == 1


async def test_a_worker_does_not_wait_for_a_payment_that_somebody_holds(bench, no_fast_path):
    dying = await bench.another(parts=no_fast_path)
    await dying.pay()
    attempt_id = (await bench.books())["attempts"][0]["id"]
    bench.clock.advance(20)
    try_attempt = bench.service.usecases.try_attempt

    async with bench.database.begin() as other:
        await other.exec_driver_sql("SELECT 1 FROM payments FOR UPDATE")
        while_held = await try_attempt.resolve(attempt_id)  # waiting would end in StoreBusy
    afterwards = await try_attempt.resolve(attempt_id)

    assert (while_held, afterwards) == (False, True)


async def _overrun(bench, *, first, second):
    """Let a second process take over an attempt from one that sleeps longer than its lease."""
    bench.psp.script("create_payment", first, second)
    sleeper = asyncio.create_task(bench.pay())
    sleepers_gate = await bench.psp.held.get()
    bench.clock.advance(31)
    other = await bench.another()
    successor = asyncio.create_task(other.service.worker.tick())
    successors_gate = await bench.psp.held.get()
    return sleeper, sleepers_gate, successor, successors_gate


async def test_one_that_slept_longer_than_its_lease_cannot_postpone_what_another_holds(bench):
    sleeper, sleepers_gate, successor, successors_gate = await _overrun(bench, first="hold_before", second="hold")
    held = (await bench.books())["attempts"][0]

    sleepers_gate.set()  # it learns nothing, and would release the attempt
    await sleeper
    still_held = (await bench.books())["attempts"][0]
    successors_gate.set()
    await successor

    assert held["tries"] == 2
    assert held["lease_until_us"] == bench.clock.now_us() + 30_000_000
    assert still_held == held
    assert (await bench.books())["attempts"][0]["state"] == "SUCCEEDED"


async def test_both_answers_of_an_overrun_lease_are_recorded_once(bench):
    sleeper, sleepers_gate, successor, successors_gate = await _overrun(bench, first="hold", second="hold")

    sleepers_gate.set()
    successors_gate.set()
    await asyncio.gather(sleeper, successor)

    books = await bench.books()
    assert books["payments"][0]["state"] == "SUCCESS"
    assert len(books["transitions"]) == 3
    assert books["discrepancies"] == []
    assert len(bench.psp.captured()) == 1


async def test_an_event_and_the_worker_at_once_settle_a_payment_once(bench):
    bench.psp.script("create_payment", "timeout_after")
    await bench.pay()
    bench.clock.advance(60)
    spoken_of = bench.psp.captured()[0]

    await asyncio.gather(
        bench.service.worker.tick(), *(bench.tell("payment_intent.succeeded", spoken_of) for _ in range(3))
    )

    books = await bench.books()
    assert [one["to_state"] for one in books["transitions"]] == ["CREATED", "PROCESSING", "SUCCESS"]


async def test_a_long_queue_is_worked_off_in_batches(bench, no_fast_path):
    dying = await bench.another(parts=no_fast_path)
    for number in range(5):
        await dying.pay(key=f"key-{number}")
    worker = (await bench.another(worker_batch=3, worker_lanes=2)).service.worker
    bench.clock.advance(20)

    first, second = await worker.tick(), await worker.tick()

    assert (first.attempts, first.has_more) == (3, True)
    assert (second.attempts, second.has_more) == (2, False)


async def test_the_worker_runs_until_cancelled(bench, no_fast_path):
    dying = await bench.another(parts=no_fast_path)
    await dying.pay()
    bench.clock.advance(20)
    bench.psp.script("create_payment", "hold")
    working = asyncio.create_task(bench.service.worker.run())
    await bench.psp.held.get()

    working.cancel()
    await asyncio.gather(working, return_exceptions=True)

    assert working.cancelled()


async def test_a_worker_that_finds_nothing_asks_ever_more_rarely_and_one_that_finds_something_soon_again(bench):
    worker = (await bench.another(worker_period_s=10, worker_idle_s=35)).service.worker
    nothing, something = (WorkDone(attempts=0, events=0, found_work=found, has_more=False) for found in (False, True))

    pauses_s = [10.0]
    for done in (nothing, nothing, nothing, something, None):
        pauses_s.append(worker._next_pause_s(pauses_s[-1], done))

    assert pauses_s == [10, 20, 35, 35, 10, 10]
