# ruff: noqa: PLW0108, DTZ003, DTZ011 - the forbidden calls must be made, and by code of this module

import asyncio
import datetime as dt
import gc
import os
import random
import secrets
import socket
import sys
import threading
import time
import uuid
from collections.abc import Callable
from datetime import datetime as imported_datetime
from time import time as imported_time

import pytest

from scenarios.library import find_scenario
from scenarios.virtual.errors import Escaped


class Program:
    """Stands for a package of ours: this module is watched in the tests below."""

    @staticmethod
    def in_a_static_method():
        return time.time()

    @property
    def in_a_property(self):
        return uuid.uuid4()

    async def in_a_coroutine(self):
        await asyncio.sleep(1)
        return time.monotonic()

    def in_a_nested_function(self):
        def nested():
            return [random.random() for _ in range(1)]

        return nested()


ESCAPES: dict[str, Callable[[], object]] = {
    "time.time": lambda: time.time(),
    "time.time by its own name": lambda: imported_time(),
    "time.time_ns": lambda: time.time_ns(),
    "time.monotonic": lambda: time.monotonic(),
    "time.perf_counter": lambda: time.perf_counter(),
    "time.sleep": lambda: time.sleep(0),
    "time.localtime": lambda: time.localtime(),
    "datetime.now": lambda: dt.datetime.now(tz=dt.UTC),
    "datetime.now by its own name": lambda: imported_datetime.now(tz=dt.UTC),
    "datetime.utcnow": lambda: dt.datetime.utcnow(),
    "date.today": lambda: dt.date.today(),
    "random.random": lambda: random.random(),
    "random.choice": lambda: random.choice("ab"),
    "random.shuffle": lambda: random.shuffle([1, 2]),
    "random.Random": lambda: random.Random(),
    "uuid.uuid1": lambda: uuid.uuid1(),
    "uuid.uuid4": lambda: uuid.uuid4(),
    "os.urandom": lambda: os.urandom(4),
    "Thread.start": lambda: threading.Thread(target=print).start(),
    "socket.connect": lambda: socket.socket().connect(("127.0.0.1", 9)),
    "time.time in a static method": lambda: Program.in_a_static_method(),
    "uuid.uuid4 in a property": lambda: Program().in_a_property,
    "random.random in a nested function": lambda: Program().in_a_nested_function(),
}


@pytest.fixture
def world(new_world):
    return new_world(watched=(__name__,))


def run(world, call):
    async def program():
        return call()

    return world.run(world.process("program/1").spawn(program()))


@pytest.mark.parametrize("name", ESCAPES)
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_our_code_may_not_ask_the_real_world(world, name):
    with pytest.raises(Escaped, match=name.split()[0]):
        run(world, ESCAPES[name])


def test_the_error_names_the_call_the_place_and_the_process(world):
    with pytest.raises(Escaped, match=r"time\.monotonic\(\) in Program\.in_a_coroutine, line \d+ of test_.*program/1"):
        world.run(world.process("program/1").spawn(Program().in_a_coroutine()))


def test_asking_with_an_argument_is_lawful(world):
    assert run(world, lambda: (random.Random(1).random(), time.gmtime(0).tm_year)) == (random.Random(1).random(), 1970)


def answers(new_world, seed):
    """What a library is told; this module is not watched here."""
    world = new_world(seed=seed)

    async def library():
        await asyncio.sleep(5)
        return (
            (time.time(), time.time_ns(), time.monotonic(), time.perf_counter_ns()),
            (random.random(), random.sample(range(99), 5), uuid.uuid4(), os.urandom(4), secrets.token_hex(4)),
        )

    return world.run(world.process("library/1").spawn(library()))


def test_libraries_are_told_virtual_time_and_seeded_chance(new_world):
    (clocks, chances), (_, again), (_, other) = (answers(new_world, seed) for seed in (1, 1, 2))
    at_s = 1_767_225_600 + 5

    assert clocks == (at_s, at_s * 10**9, 5, 5 * 10**9)
    assert chances == again
    assert all(one != another for one, another in zip(chances, other, strict=True))
    assert chances[2].version == 4


def test_sleeping_and_threads_are_for_nobody(new_world):
    for call in (lambda: time.sleep(1), lambda: threading.Thread(target=print).start()):
        with pytest.raises(Escaped):
            run(new_world(), call)


def replaced() -> tuple[object, ...]:
    """Return some of what a world replaces while it runs."""
    return time.time, random.random, os.urandom, uuid.uuid4, threading.Thread.start, socket.socket.connect


def test_the_real_world_is_back_afterwards(world):
    before = replaced()

    run(world, lambda: None)

    assert before == replaced()
    assert sys.monitoring.get_tool(4) is None
    assert Program.in_a_static_method() > 1_700_000_000


def test_the_real_world_is_back_if_the_wires_cannot_be_spread(world):
    before = replaced()
    sys.monitoring.use_tool_id(4, "somebody else's")
    try:
        with pytest.raises(ValueError, match="tool 4"):
            run(world, lambda: None)
    finally:
        sys.monitoring.free_tool_id(4)

    assert before == replaced()


def test_a_storm_that_cannot_be_built_leaves_no_world(stage, monkeypatch):
    def fail(**_):
        raise RuntimeError("no such PSP")

    before = replaced()
    monkeypatch.setattr("scenarios.virtual.storm.create_psp", fail)

    with pytest.raises(RuntimeError, match="no such PSP"):
        stage.perform(find_scenario("duplicate-clicks"), seed=1)

    assert gc.isenabled()
    assert before == replaced()
    monkeypatch.undo()
    assert stage.perform(find_scenario("duplicate-clicks").with_changes({"storm_s": "1", "customers": "1"}), seed=1)
