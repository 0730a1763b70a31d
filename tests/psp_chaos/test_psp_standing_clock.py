"""The clock of a PSP that stands alone: frozen, resumed, moved forward, and read again by the next process."""

import asyncio

import pytest

from psp_chaos.errors import ClockMoving
from psp_chaos.keeping.archive import MemoryArchive
from psp_chaos.keeping.on_disk import ArchiveOnDisk
from psp_chaos.standing_clock import StandingClock

SECOND = 1_000_000
EPOCH_US = 1_700_000_000 * SECOND
DAY_S = 86_400


def wall_us():
    return EPOCH_US + round(asyncio.get_running_loop().time() * SECOND)


@pytest.fixture
def clock():
    return StandingClock(wall_us=wall_us, archive=MemoryArchive())


@pytest.fixture
async def sleeping(clock):
    """Start sleepers; each writes down when it woke, in seconds since the epoch of the test."""
    woken, tasks = [], []

    async def sleep(name, seconds):
        await clock.sleep(seconds)
        woken.append((name, (clock.now_us() - EPOCH_US) / SECOND))

    async def start(**spans_s):
        tasks.extend(asyncio.create_task(sleep(name, seconds)) for name, seconds in spans_s.items())
        await asyncio.sleep(0)
        return woken

    yield start
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def at_rest():
    return True


async def test_it_runs_with_the_walls_and_wakes_in_order(clock, sleeping):
    woken = await sleeping(second=20, first=10, at_once=0)

    await asyncio.sleep(30)

    assert [name for name, _ in woken] == ["at_once", "first", "second"]
    assert [at_s for _, at_s in woken] == pytest.approx([0, 10, 20])
    assert clock.now_us() == wall_us()


async def test_frozen_it_wakes_nobody_and_resumed_it_goes_on_from_where_it_stood(clock, sleeping):
    woken = await sleeping(sleeper=10)
    await asyncio.sleep(4)
    clock.freeze()
    await asyncio.sleep(DAY_S)
    frozen = (clock.is_frozen, clock.now_us() - EPOCH_US, list(woken))

    clock.resume()
    await asyncio.sleep(5)
    too_early = list(woken)
    await asyncio.sleep(1.5)

    assert frozen == (True, 4 * SECOND, [])
    assert too_early == []
    assert woken == [("sleeper", pytest.approx(10))]


@pytest.mark.parametrize("is_frozen", [True, False])
async def test_moved_forward_it_stops_at_everything_that_is_due(clock, sleeping, is_frozen):
    woken = await sleeping(hour=3_600, minute=60, two_days=2 * DAY_S)
    if is_frozen:
        clock.freeze()

    happened = await clock.advance(DAY_S, is_quiet=at_rest)
    await asyncio.sleep(0)

    assert happened == 2
    assert woken == [("minute", pytest.approx(60, abs=1)), ("hour", pytest.approx(3_600, abs=1))]
    assert (clock.now_us() - EPOCH_US) / SECOND == pytest.approx(DAY_S, abs=1)
    assert clock.is_frozen is is_frozen


async def test_what_is_planned_on_the_way_happens_on_the_way(clock):
    seen = []

    async def doubling():
        pause_s = 60
        for _ in range(5):
            await clock.sleep(pause_s)
            seen.append(round((clock.now_us() - EPOCH_US) / SECOND))
            await asyncio.sleep(0.1)  # a delivery takes a while
            pause_s *= 2

    task = asyncio.create_task(doubling())
    await asyncio.sleep(0)

    await clock.advance(DAY_S, is_quiet=lambda: task.done() or clock.sleeping == 1)

    assert seen == [60, 180, 420, 900, 1_860]


async def test_it_does_not_wait_for_ever_for_what_never_rests(clock, sleeping):
    await sleeping(**{f"sleeper_{number}": number for number in range(1, 101)})
    began_s = asyncio.get_running_loop().time()

    happened = await clock.advance(1_000, is_quiet=lambda: False)

    assert happened == 100
    assert asyncio.get_running_loop().time() - began_s < 12


async def test_while_it_is_moved_nobody_else_moves_it(clock, sleeping):
    await sleeping(sleeper=5)
    move = asyncio.create_task(clock.advance(10, is_quiet=lambda: False))
    await asyncio.sleep(0.1)

    for step in (clock.freeze, clock.resume):
        with pytest.raises(ClockMoving):
            step()
    with pytest.raises(ClockMoving):
        await clock.advance(1, is_quiet=at_rest)
    await move

    clock.freeze()


async def test_a_sleeper_that_is_cancelled_is_forgotten(clock):
    tasks = [asyncio.create_task(clock.sleep(1_000)) for _ in range(1_000)]
    await asyncio.sleep(0)
    for task in tasks[1:]:
        task.cancel()
    await asyncio.sleep(0.1)

    assert clock.sleeping == 1
    assert len(clock._sleepers) < 3
    tasks[0].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_wall_clock_that_is_set_forward_is_noticed_within_a_minute():
    offset_us = 0
    clock = StandingClock(wall_us=lambda: wall_us() + offset_us, archive=MemoryArchive())
    task = asyncio.create_task(clock.sleep(DAY_S))
    await asyncio.sleep(0)

    offset_us = 2 * DAY_S * SECOND
    await asyncio.sleep(61)

    assert task.done()


async def test_the_next_process_reads_the_same_time(tmp_path):
    path = tmp_path / "state"
    archive = ArchiveOnDisk(path)
    clock = StandingClock(wall_us=wall_us, archive=archive)
    await clock.advance(DAY_S, is_quiet=at_rest)
    moved_us = clock.now_us()
    archive.close()

    again = ArchiveOnDisk(path)
    next_clock = StandingClock(wall_us=wall_us, archive=again)
    next_us = next_clock.now_us()
    next_clock.freeze()
    again.close()
    await asyncio.sleep(100)
    third = ArchiveOnDisk(path)
    third_clock = StandingClock(wall_us=wall_us, archive=third)
    third.close()

    assert next_us == moved_us
    assert (third_clock.is_frozen, third_clock.now_us()) == (True, moved_us)
