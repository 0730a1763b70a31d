import asyncio
import time
from random import Random

import pytest
import simpy

from scenarios.units import to_ns
from scenarios.virtual.errors import Escaped, Stalled
from scenarios.virtual.loop import VirtualLoop


@pytest.fixture
def world(new_world):
    return new_world()


def run(world, coroutine):
    return world.run(world.process("program/1").spawn(coroutine))


def test_a_day_asleep_costs_no_wall_time(world):
    began_s = time.monotonic()

    run(world, asyncio.sleep(86_400))

    assert world.env.now == to_ns(86_400)
    assert time.monotonic() - began_s < 1


def test_timeout_fires_in_virtual_time(world):
    async def program():
        try:
            async with asyncio.timeout(3600):
                await asyncio.Event().wait()
        except TimeoutError:
            return asyncio.get_running_loop().time()

    assert run(world, program()) == 3600


def test_what_finishes_in_time_is_not_timed_out(world):
    async def program():
        async with asyncio.timeout(2):
            await asyncio.sleep(1)
            return "done"

    assert run(world, program()) == "done"


def test_callbacks_of_one_process_keep_the_order_asyncio_promises(world):
    seen = []

    async def program():
        for number in range(20):
            asyncio.get_running_loop().call_soon(seen.append, number)
        await asyncio.sleep(1)

    run(world, program())

    assert seen == list(range(20))


def order_of_simultaneous_processes(world):
    seen = []

    async def program(number):
        await asyncio.sleep(1)
        seen.append(number)

    for number in range(8):
        world.process(f"program/{number}").spawn(program(number))
    world.run(to_ns(2))
    return seen


def test_processes_that_are_ready_at_one_instant_are_ordered_by_the_seed(new_world):
    orders = [order_of_simultaneous_processes(new_world(seed=seed)) for seed in (1, 1, 2)]

    assert orders[0] == orders[1]
    assert orders[0] != orders[2]
    assert sorted(orders[0]) == list(range(8))


def test_a_timer_is_never_early_however_long_the_world_lasts():
    env = simpy.Environment(initial_time=to_ns(400 * 86_400) + 1)
    loop = VirtualLoop(env=env, random=Random(1), on_escape=lambda _: None)
    late_s = []

    async def program():
        random = Random(7)
        for _ in range(1_000):
            when = loop.time() + random.choice((0.0, 1e-12, 1e-9, random.random()))
            event = asyncio.Event()
            loop.call_at(when, event.set)
            await event.wait()
            late_s.append(loop.time() - when)

    loop.run_until_complete(program())
    loop.close()

    assert min(late_s) >= 0
    assert max(late_s) < 1e-6


def test_the_shortest_sleep_lets_time_pass(world):
    async def program():
        for _ in range(10):
            await asyncio.sleep(1e-15)

    run(world, program())

    assert world.env.now == 10


def test_nothing_left_to_happen_is_an_error(world):
    with pytest.raises(Stalled):
        run(world, asyncio.Event().wait())


def test_tasks_are_named_by_the_world_not_by_the_interpreter(new_world):
    async def program():
        return asyncio.create_task(asyncio.sleep(0)).get_name()

    assert run(new_world(), program()) == run(new_world(), program())


def test_async_generators_are_closed_as_on_any_loop(world):
    closed = []

    async def numbers():
        try:
            yield 1
        finally:
            await asyncio.sleep(0)
            closed.append(True)

    async def program():
        async for _ in numbers():
            break
        await asyncio.sleep(1)

    run(world, program())

    assert closed == [True]


@pytest.mark.parametrize(
    "leave",
    [
        lambda loop: loop.run_in_executor(None, print),
        lambda loop: asyncio.to_thread(print),
        lambda loop: loop.getaddrinfo("localhost", 80),
        lambda loop: asyncio.open_connection("localhost", 80),
        lambda loop: asyncio.start_server(print, "localhost", 80),
        lambda loop: asyncio.create_subprocess_exec("true"),
        lambda loop: loop.add_signal_handler(1, print),
    ],
)
def test_leaving_through_the_loop_raises(world, leave):
    async def program():
        await leave(asyncio.get_running_loop())

    with pytest.raises(Escaped, match="program/1"):
        run(world, program())


def test_an_escape_ends_the_run_even_if_the_program_swallows_it(world):
    async def program():
        try:
            await asyncio.to_thread(print)
        except Exception:  # noqa: BLE001 - the point of the test
            return "swallowed"

    with pytest.raises(Escaped):
        run(world, program())


def test_a_failed_assertion_of_a_background_task_ends_the_run(world):
    async def fail():
        raise AssertionError("broken promise")

    async def program():
        await asyncio.gather(fail(), return_exceptions=True)
        tasks = [asyncio.create_task(fail())]
        await asyncio.sleep(1)
        tasks.clear()
        await asyncio.sleep(1)

    with pytest.raises(AssertionError, match="broken promise"):
        run(world, program())


def test_an_unhandled_error_is_recorded(world):
    async def fail():
        await asyncio.sleep(1)
        raise ValueError("misfortune")

    world.process("program/1").spawn(fail())
    world.run(to_ns(2))

    (failure,) = world.failures
    assert (failure.process, str(failure.error)) == ("program/1", "misfortune")
    assert failure.at_us == world.clock.epoch_us + 1_000_000


def test_a_run_may_be_continued(world):
    seen = []

    async def program():
        while True:
            seen.append(world.env.now)
            await asyncio.sleep(1)

    world.process("program/1").spawn(program())
    world.run(to_ns(1.5))
    world.run(to_ns(3.5))

    assert seen == [to_ns(second) for second in range(4)]


def test_garbage_is_collected_at_instants_that_belong_to_the_run(new_world):
    def collected_at(*, litter):
        world, seen = new_world(), []

        class Knot:
            def __init__(self):
                self.self = self

            def __del__(self):
                seen.append(world.env.now)

        async def program():
            for _ in range(30_000):
                [[] for _ in range(litter)]
                await asyncio.sleep(0.001)
                Knot()

        run(world, program())
        return list(seen)

    first = collected_at(litter=0)

    assert first == collected_at(litter=5)
    assert len(first) == 30_000
    assert len(set(first)) < 10
