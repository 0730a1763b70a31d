"""A SimPy queue on the clock on the wall: in order, in time, and nothing is left out when it is late."""

import asyncio
import time

import pytest

from scenarios.live.real_time import RealTime
from scenarios.units import to_ns


async def play(world, *, for_s):
    playing = asyncio.ensure_future(world.play())
    await asyncio.wait([playing], timeout=for_s)
    playing.cancel()
    return await asyncio.gather(playing, return_exceptions=True)


async def test_what_is_late_happens_in_its_order_and_all_of_it():
    world, seen = RealTime(seed=1), []

    def note(delay_s):
        yield world.env.timeout(to_ns(delay_s))
        seen.append(delay_s)
        time.sleep(0.03)

    for delay_s in (0.03, 0.01, 0.02, 0.0):
        world.env.process(note(delay_s))
    await play(world, for_s=0.3)

    assert seen == [0.0, 0.01, 0.02, 0.03]


async def test_nothing_happens_before_its_time():
    world, began_s, seen = RealTime(seed=1), time.monotonic(), []

    def note():
        yield world.env.timeout(to_ns(0.1))
        seen.append(time.monotonic() - began_s)

    world.env.process(note())
    await play(world, for_s=0.2)

    assert len(seen) == 1
    assert seen[0] >= 0.1


async def test_a_process_waits_for_work_that_goes_on_beside_the_queue():
    world, seen = RealTime(seed=1), []

    async def work():
        await asyncio.sleep(0.05)
        seen.append("worked")

    def wait():
        yield world.perform(work())
        seen.append("went on")

    world.env.process(wait())
    await play(world, for_s=0.6)

    assert seen == ["worked", "went on"]


async def test_what_fails_ends_the_play():
    world = RealTime(seed=1)

    async def work():
        raise RuntimeError("broken")

    world.perform(work())
    (ended,) = await play(world, for_s=2)

    assert isinstance(ended, RuntimeError)
    with pytest.raises(RuntimeError, match="broken"):
        raise ended


async def test_the_end_gives_up_what_goes_on():
    world = RealTime(seed=1)
    event = world.perform(asyncio.sleep(60))
    await asyncio.sleep(0)

    await world.end()

    assert not event.triggered
