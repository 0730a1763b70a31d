import asyncio
import gc
import warnings

import asyncpg
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from scenarios.units import to_ns


def test_a_crash_runs_neither_finally_nor_except(new_world):
    world, ran = new_world(), []

    async def program():
        try:
            async with asyncio.timeout(1):
                await asyncio.sleep(10)
        except BaseException:  # noqa: BLE001 - the point of the test
            ran.append("except")
        finally:
            ran.append("finally")

    doomed = world.process("doomed/1")
    doomed.spawn(program())
    world.loop.after(to_ns(0.5), doomed.crash)
    world.run(to_ns(20))

    assert ran == []


def test_everything_that_a_process_started_dies_with_it(new_world):
    world, beats = new_world(), []

    async def child():
        while True:
            beats.append(world.env.now)
            await asyncio.sleep(1)

    async def program():
        asyncio.get_running_loop().call_later(1.5, beats.append, "timer")
        async with asyncio.TaskGroup() as group:
            group.create_task(child())
            group.create_task(child())

    doomed = world.process("doomed/1")
    doomed.spawn(program())
    world.loop.after(to_ns(1.2), doomed.crash)
    world.run(to_ns(20))

    assert beats == [0, 0, to_ns(1), to_ns(1)]


def test_other_processes_live_on_and_the_dead_may_be_started_again(new_world):
    world, seen = new_world(), []

    async def program(name):
        while True:
            seen.append(name)
            await asyncio.sleep(1)

    doomed = world.process("a")
    doomed.spawn(program("first life"))
    world.process("b").spawn(program("neighbour"))
    world.run(to_ns(1.5))
    doomed.crash()
    world.process("a").spawn(program("second life"))
    world.run(to_ns(2.9))

    assert {name: seen.count(name) for name in seen} == {"first life": 2, "neighbour": 3, "second life": 2}


def test_a_name_is_taken_while_its_process_lives(new_world):
    world = new_world()
    world.process("a")

    with pytest.raises(AssertionError, match="is running"):
        world.process("a")


def test_a_dead_process_starts_nothing(new_world):
    process = new_world().process("a")
    process.crash()
    coroutine = asyncio.sleep(1)

    with pytest.raises(AssertionError, match="has crashed"):
        process.spawn(coroutine)

    coroutine.close()


def test_processes_share_no_context(new_world):
    world = new_world()

    async def inner():
        return asyncio.current_task().get_name()

    async def outer():
        return await world.process("b").spawn(inner(), name="inner")

    assert world.run(world.process("a").spawn(outer())) == "inner"


async def asyncpg_user(login):
    connection = await asyncpg.connect(**login)
    async with connection.transaction():
        try:
            await connection.execute("SELECT 1")
            await asyncio.sleep(3600)
        finally:
            await connection.execute("SELECT 2")


async def sqlalchemy_user(url):
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.execute(sa.text("SELECT 1"))
        await asyncio.sleep(3600)


async def stubborn():
    while True:
        try:
            await asyncio.sleep(3600)
        finally:
            await asyncio.sleep(3600)


async def reader():
    async def generator():
        try:
            yield 1
        finally:
            await asyncio.sleep(1)

    async for _ in generator():
        await asyncio.sleep(3600)


def test_nothing_is_left_when_a_world_full_of_unfinished_work_closes(new_world, login, empty_database, caplog):
    world = new_world()
    for life in ("crashed", "alive"):
        for number, program in enumerate((asyncpg_user(login), sqlalchemy_user(empty_database), stubborn(), reader())):
            process = world.process(f"{life}/{number}")
            process.spawn(program)
            if life == "crashed":
                world.loop.after(to_ns(10), process.crash)
    world.run(to_ns(20))
    world.process("unstarted").spawn(stubborn())

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        world.close()
        gc.collect()

    assert caplog.records == []
    assert world.failures == []
    assert backends(login) == 0


def backends(login):
    """How many connections there are besides the one that asks."""

    async def count():
        connection = await asyncpg.connect(**login)
        found = await connection.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        await connection.close()
        return found

    return asyncio.run(count())
