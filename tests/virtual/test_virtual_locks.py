"""Who waits for whom, and who gets what, on a real PostgreSQL with the queue in the simulation."""

import asyncio
from contextlib import asynccontextmanager

import asyncpg
import pytest

from scenarios.units import NS_PER_S, to_ns
from scenarios.virtual.errors import Unsupported
from scenarios.virtual.latency import Regime


@pytest.fixture
def world(new_world, login):
    world = new_world()
    prepare(world, login)
    return world


def prepare(world, login, rows=4):
    async def create():
        connection = await asyncpg.connect(**login)
        await connection.execute("DROP TABLE IF EXISTS account; CREATE TABLE account (id int PRIMARY KEY, n int)")
        await connection.execute(f"INSERT INTO account SELECT id, 0 FROM generate_series(1, {rows}) AS id")
        await connection.close()

    run(world, "setup/1", create())


def run(world, name, coroutine):
    return world.run(world.process(name).spawn(coroutine))


def all_of(world, *coroutines, kind="program"):
    """Run each in a process of its own to its end."""
    tasks = [world.process(f"{kind}/{number}").spawn(coroutine) for number, coroutine in enumerate(coroutines)]
    world.run(world.env.all_of([world.finished(task) for task in tasks]))
    return [task.result() for task in tasks]


@asynccontextmanager
async def connected(login, **settings):
    connection = await asyncpg.connect(**login, server_settings=settings)
    try:
        yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def transaction(login, **settings):
    async with connected(login, **settings) as connection, connection.transaction():
        yield connection


def now():
    return asyncio.get_running_loop().time()


async def hold(login, statement, *, seconds, commit=True):
    """Run a statement and keep its transaction open."""
    async with connected(login) as connection:
        change = connection.transaction()
        await change.start()
        await connection.execute(statement)
        await asyncio.sleep(seconds)
        await (change.commit() if commit else change.rollback())


@pytest.mark.parametrize(("commit", "inserted"), [(True, "INSERT 0 0"), (False, "INSERT 0 1")])
def test_on_conflict_do_nothing_waits_for_an_uncommitted_key_and_then_sees_the_outcome(world, login, commit, inserted):
    insert = "INSERT INTO account VALUES (9, 9) ON CONFLICT DO NOTHING"

    async def second():
        await asyncio.sleep(1)
        async with transaction(login) as connection:
            return await connection.execute(insert), now()

    _, (outcome, at_s) = all_of(world, hold(login, insert, seconds=10, commit=commit), second())

    assert outcome == inserted
    assert at_s > 10
    assert world.postgres.locks.waits == 1


def test_a_statement_outside_of_a_transaction_waits_as_well(world, login):
    async def second():
        await asyncio.sleep(1)
        async with connected(login) as connection:
            return await connection.fetchval("UPDATE account SET n = n * 10 WHERE id = 1 RETURNING n")

    _, n = all_of(world, hold(login, "UPDATE account SET n = n + 1 WHERE id = 1", seconds=5), second())

    assert n == 10


def test_executemany_waits_and_is_repeated_whole(world, login):
    async def second():
        await asyncio.sleep(1)
        async with connected(login) as connection:
            await connection.executemany("UPDATE account SET n = n + $1 WHERE id = $2", [(1, 2), (1, 1), (1, 3)])
            return await connection.fetchval("SELECT sum(n)::int FROM account")

    _, total = all_of(world, hold(login, "UPDATE account SET n = n + 1 WHERE id = 1", seconds=5), second())

    assert total == 4


def test_what_the_transaction_did_before_survives_a_wait(world, login):
    async def second():
        await asyncio.sleep(1)
        async with transaction(login) as connection:
            await connection.execute("UPDATE account SET n = 7 WHERE id = 2")
            async with connection.transaction():  # a savepoint of the program's own
                await connection.execute("UPDATE account SET n = 8 WHERE id = 1")
            return await connection.fetch("SELECT n FROM account WHERE id < 3 ORDER BY id")

    _, rows = all_of(world, hold(login, "UPDATE account SET n = n + 1 WHERE id = 1", seconds=5), second())

    assert [row["n"] for row in rows] == [8, 7]


def test_rolling_back_to_a_savepoint_lets_waiters_go_on(world, login):
    async def first():
        async with transaction(login) as connection:
            savepoint = connection.transaction()
            await savepoint.start()
            await connection.execute("UPDATE account SET n = 1 WHERE id = 1")
            await asyncio.sleep(3)
            await savepoint.rollback()
            await asyncio.sleep(10)

    async def second():
        await asyncio.sleep(1)
        async with connected(login) as connection:
            await connection.execute("UPDATE account SET n = 2 WHERE id = 1")
            return now()

    _, at_s = all_of(world, first(), second())

    assert 3 < at_s < 4


def test_an_advisory_lock_is_waited_for_and_freed(world, login):
    async def first():
        async with connected(login) as connection:
            await connection.execute("SELECT pg_advisory_lock(1)")
            await asyncio.sleep(5)
            await connection.execute("SELECT pg_advisory_unlock(1)")
            await asyncio.sleep(5)

    async def second():
        await asyncio.sleep(1)
        async with connected(login) as connection:
            await connection.execute("SELECT pg_advisory_lock(1)")
            return now()

    _, at_s = all_of(world, first(), second())

    assert 5 < at_s < 6


def test_skip_locked_skips_and_does_not_wait(world, login):
    async def second():
        await asyncio.sleep(1)
        async with transaction(login) as connection:
            return await connection.fetch("SELECT id FROM account ORDER BY id FOR UPDATE SKIP LOCKED")

    _, rows = all_of(world, hold(login, "UPDATE account SET n = 1 WHERE id = 2", seconds=5), second())

    assert [row["id"] for row in rows] == [1, 3, 4]
    assert world.postgres.locks.waits == 0


@pytest.mark.parametrize("enter", [connected, transaction])
def test_nowait_fails_at_once(world, login, enter):
    async def second():
        await asyncio.sleep(1)
        async with enter(login, lock_timeout="60s") as connection:
            with pytest.raises(asyncpg.LockNotAvailableError, match="could not obtain lock on row"):
                await connection.execute("SELECT FROM account FOR UPDATE NOWAIT")
            return now()

    _, at_s = all_of(world, hold(login, "UPDATE account SET n = 1 WHERE id = 2", seconds=5), second())

    assert at_s < 2
    assert world.postgres.locks.waits == 0


@pytest.mark.parametrize("setting", ["2000", "2000ms", "2s", "'2 s'"])
@pytest.mark.parametrize("enter", [connected, transaction])
def test_lock_timeout_passes_in_virtual_time(world, login, enter, setting):
    world.postgres.regime = Regime(low_s=0.000_1, high_s=0.000_1)

    async def second():
        await asyncio.sleep(1)
        async with enter(login, lock_timeout=setting) as connection:
            began_s = now()
            with pytest.raises(asyncpg.LockNotAvailableError, match="lock timeout"):
                await connection.execute("UPDATE account SET n = 2 WHERE id = 1")
            return now() - began_s

    _, waited_s = all_of(world, hold(login, "UPDATE account SET n = 1 WHERE id = 1", seconds=30), second())

    assert waited_s == pytest.approx(2, abs=0.01)


def test_without_lock_timeout_a_statement_waits_for_ever(world, login):
    async def second():
        await asyncio.sleep(1)
        async with connected(login) as connection:
            await connection.execute("UPDATE account SET n = 2 WHERE id = 1")
            return now()

    _, at_s = all_of(world, hold(login, "UPDATE account SET n = 1 WHERE id = 1", seconds=86_400), second())

    assert at_s > 86_400


def test_after_a_lock_timeout_the_transaction_is_aborted_on_the_server(world, login):
    async def second():
        await asyncio.sleep(1)
        async with connected(login, lock_timeout="1s") as connection:
            change = connection.transaction()
            await change.start()
            await connection.execute("UPDATE account SET n = 5 WHERE id = 2")
            with pytest.raises(asyncpg.LockNotAvailableError):
                await connection.execute("UPDATE account SET n = 2 WHERE id = 1")
            with pytest.raises(asyncpg.InFailedSQLTransactionError):
                await connection.execute("SELECT 1")
            await change.rollback()
            return await connection.fetchval("SELECT n FROM account WHERE id = 2")

    _, n = all_of(world, hold(login, "UPDATE account SET n = 1 WHERE id = 1", seconds=30), second())

    assert n == 0


def test_giving_up_a_wait_cancels_it(world, login):
    async def second():
        await asyncio.sleep(1)
        async with connected(login) as connection:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(2):
                    await connection.execute("UPDATE account SET n = 2 WHERE id = 1")
            return await connection.fetchval("SELECT n FROM account WHERE id = 1"), now()

    _, (n, at_s) = all_of(world, hold(login, "UPDATE account SET n = 1 WHERE id = 1", seconds=30), second())

    assert n == 0
    assert at_s < 4


def test_three_waiters_are_served_in_an_order_that_the_seed_picks(new_world, login):
    async def waiter(order, number):
        await asyncio.sleep(number)
        async with connected(login) as connection:
            await connection.execute("UPDATE account SET n = n + 1 WHERE id = 1")
            order.append(number)

    def order_of(seed):
        order = []
        world = new_world(seed=seed)
        prepare(world, login)
        holder = hold(login, "UPDATE account SET n = 0 WHERE id = 1", seconds=30)
        all_of(world, holder, *(waiter(order, number) for number in (1, 2, 3)))
        return tuple(order)

    orders = [order_of(seed) for seed in range(12)]

    assert orders == [order_of(seed) for seed in range(12)]
    assert len(set(orders)) > 2


def test_a_deadlock_of_three_fails_one_of_them_and_never_a_bystander(new_world, login):
    async def member(number):
        try:
            async with transaction(login) as connection:
                await connection.execute(f"UPDATE account SET n = n + 1 WHERE id = {number}")
                await asyncio.sleep(1)
                await connection.execute(f"UPDATE account SET n = n + 1 WHERE id = {number % 3 + 1}")
        except asyncpg.DeadlockDetectedError:
            return "victim"
        return "survivor"

    async def bystander():
        await asyncio.sleep(0.5)
        async with transaction(login) as connection:
            await connection.execute("UPDATE account SET n = n + 1 WHERE id = 1")
        return "survivor"

    victims = set()
    for seed in range(8):
        world = new_world(seed=seed)
        prepare(world, login)
        outcomes = all_of(world, member(1), member(2), member(3), bystander())
        assert outcomes.count("victim") == world.postgres.locks.deadlocks == 1
        assert world.env.now < 5 * NS_PER_S
        victims.add(outcomes.index("victim"))

    assert len(victims) > 1
    assert 3 not in victims


def test_a_lock_timeout_may_come_before_the_deadlock_is_found(world, login):
    async def member(first, second, **settings):
        try:
            async with transaction(login, **settings) as connection:
                await connection.execute(f"UPDATE account SET n = n + 1 WHERE id = {first}")
                await asyncio.sleep(1)
                await connection.execute(f"UPDATE account SET n = n + 1 WHERE id = {second}")
        except asyncpg.PostgresError as error:
            return error.sqlstate
        return "ok"

    outcomes = all_of(world, member(1, 2, lock_timeout="500ms"), member(2, 1))

    assert outcomes == ["55P03", "ok"]
    assert world.postgres.locks.deadlocks == 0


def test_serializable_conflicts_fail_as_on_any_server(world, login):
    async def member():
        async with connected(login) as connection:
            try:
                async with connection.transaction(isolation="repeatable_read"):
                    await connection.execute("UPDATE account SET n = n + 1 WHERE id = 1")
                    await asyncio.sleep(1)
            except asyncpg.SerializationError:
                return "retry"
            return "ok"

    assert sorted(all_of(world, member(), member())) == ["ok", "retry"]


def test_a_lock_held_from_outside_is_refused_loudly(new_world, login):
    world = new_world()
    prepare(world, login)

    async def second():
        async with connected(login) as connection:
            await connection.execute("UPDATE account SET n = 1 WHERE id = 1")

    async def outside():
        connection = await asyncpg.connect(**login)
        async with connection.transaction():
            await connection.execute("UPDATE account SET n = 1 WHERE id = 1")
            with pytest.raises(Unsupported, match="outside"):
                world_runs_elsewhere(world, second())
        await connection.close()

    asyncio.run(outside())


def world_runs_elsewhere(world, coroutine):
    """Run a world from within a real event loop, whose running-ness is put aside meanwhile."""
    running = asyncio.get_running_loop()
    asyncio._set_running_loop(None)
    try:
        run(world, "program/1", coroutine)
    finally:
        asyncio._set_running_loop(running)


def test_a_wait_inside_of_commit_is_refused_loudly(world, login):
    async def setup():
        async with connected(login) as connection:
            await connection.execute("CREATE TABLE code (value int UNIQUE DEFERRABLE INITIALLY DEFERRED)")

    async def second():
        await asyncio.sleep(1)
        async with transaction(login) as connection:
            await connection.execute("INSERT INTO code VALUES (1)")

    run(world, "setup/2", setup())

    with pytest.raises(Unsupported, match="COMMIT"):
        all_of(world, hold(login, "INSERT INTO code VALUES (1)", seconds=5), second())


def test_a_crashed_holder_frees_its_locks_and_runs_no_finally(world, login):
    ran = []

    async def holder():
        try:
            async with transaction(login) as connection:
                await connection.execute("UPDATE account SET n = 100 WHERE id = 1")
                await asyncio.sleep(3600)
        finally:
            ran.append("finally")

    async def waiter():
        await asyncio.sleep(1)
        async with connected(login) as connection:
            n = await connection.fetchval("UPDATE account SET n = n + 1 WHERE id = 1 RETURNING n")
            return n, now()

    doomed = world.process("doomed/1")
    doomed.spawn(holder())
    world.loop.after(to_ns(5), doomed.crash)
    n, at_s = run(world, "waiter/1", waiter())

    assert n == 1
    assert 5 < at_s < 6
    assert ran == []


def test_a_crashed_waiter_disappears(world, login):
    async def waiter():
        await asyncio.sleep(1)
        async with connected(login) as connection:
            await connection.execute("UPDATE account SET n = n + 1000 WHERE id = 1")

    async def read():
        async with connected(login) as connection:
            return await connection.fetchval("SELECT n FROM account WHERE id = 1")

    doomed = world.process("doomed/1")
    doomed.spawn(waiter())
    world.loop.after(to_ns(3), doomed.crash)
    run(world, "holder/1", hold(login, "UPDATE account SET n = n + 1 WHERE id = 1", seconds=5))

    assert world.postgres.locks.waits == 1
    assert run(world, "reader/1", read()) == 1


@pytest.mark.parametrize(("crash_s", "arrived"), [(2.9, 0), (3.1, 1)])
def test_what_was_sent_before_the_crash_still_arrives(world, login, crash_s, arrived):
    async def insert():
        async with connected(login) as connection:
            await connection.execute("INSERT INTO account VALUES (7, 7)")

    async def count():
        async with connected(login) as connection:
            return await connection.fetchval("SELECT count(*) FROM account WHERE id = 7")

    world.postgres.regime = Regime(low_s=1, high_s=1)
    doomed = world.process("doomed/1")
    doomed.spawn(insert())
    # One second to connect, two to log in; the statement leaves then and is under way for another.
    world.loop.after(to_ns(crash_s), doomed.crash)
    world.run(world.clock.now_ns + to_ns(10))

    assert run(world, "reader/1", count()) == arrived
