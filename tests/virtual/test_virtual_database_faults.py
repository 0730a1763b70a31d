"""Faults of the database as the unmodified driver and pool meet them, and what is left on the server afterwards."""

import asyncio
from contextlib import asynccontextmanager

import asyncpg
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from reports import judge, load_run
from scenarios.faults.database import (
    DATABASE_FAULTS,
    BackendKilled,
    ConnectionRefused,
    ConnectionsExhausted,
    Deadlock,
    Failover,
    ReadOnly,
    SerializationFailure,
    Slow,
    Stall,
    StatementTimeout,
)
from scenarios.faults.process import Crash
from scenarios.library import LIBRARY
from scenarios.nemesis.bites import Bites
from scenarios.virtual.interference import Undisturbed
from scenarios.virtual.nemesis.database import DatabaseNemesis

ADD = "UPDATE account SET n = n + 1 WHERE id = 1"
READ = "SELECT n FROM account WHERE id = 1"


@pytest.fixture
def world(new_world, login):
    world = new_world()

    async def create():
        connection = await asyncpg.connect(**login)
        await connection.execute("CREATE TABLE account (id int PRIMARY KEY, n int); INSERT INTO account VALUES (1, 0)")
        await connection.close()

    run(world, create(), name="setup/1")
    return world


@pytest.fixture
def haunt(world):
    """Let faults loose on the world's database, and return what is written down of them."""

    def loose(*faults):
        bites = Bites(now_us=world.clock.now_us)
        nemesis = DatabaseNemesis(world, None, bites=bites)
        for fault in faults:
            nemesis.haunt(fault)
        return bites.rows

    return loose


@pytest.fixture
def engine(empty_database):
    return create_async_engine(empty_database, pool_size=1, max_overflow=0, pool_timeout=5)


def run(world, coroutine, name="program/1"):
    return world.run(world.process(name).spawn(coroutine))


def read(world, login):
    """What is on the server, read by somebody whom no fault can reach."""
    world.postgres.interference = Undisturbed()

    async def look():
        async with connected(login) as connection:
            return await connection.fetchval(READ)

    return run(world, look(), name="auditor/1")


@asynccontextmanager
async def connected(login, **settings):
    connection = await asyncpg.connect(**login, server_settings=settings)
    try:
        yield connection
    finally:
        await connection.close()


def now():
    return asyncio.get_running_loop().time()


async def until(at_s):
    await asyncio.sleep(at_s - now())


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (SerializationFailure(id="x", probability=1), asyncpg.SerializationError),
        (Deadlock(id="x", probability=1), asyncpg.DeadlockDetectedError),
        (StatementTimeout(id="x", probability=1, after_s=(3, 3)), asyncpg.QueryCanceledError),
    ],
    ids=lambda value: getattr(value, "kind", None),
)
def test_a_statement_that_fails_takes_its_transaction_with_it(world, login, haunt, fault, error):
    bites = haunt(fault.model_copy(update={"window": {"from_s": 10, "to_s": 30}}))

    async def program():
        async with connected(login) as connection:
            change = connection.transaction()
            await change.start()
            await connection.execute(ADD)
            await until(10)
            with pytest.raises(error):
                await connection.execute(ADD)
            await until(30)
            with pytest.raises(asyncpg.InFailedSQLTransactionError):
                await connection.execute("SELECT 1")
            await change.rollback()
            return await connection.fetchval("SELECT 2")

    assert run(world, program()) == 2
    assert read(world, login) == 0
    assert [(bite["fault"], bite["where"], bite["target"]) for bite in bites] == [("x", "database", "program/1#2")]


def test_a_commit_that_cannot_be_serialized_leaves_nothing_and_a_connection_that_works(world, login, haunt):
    bites = haunt(SerializationFailure(id="x", probability=1, window={"from_s": 10, "to_s": 11}))

    async def program():
        async with connected(login) as connection:
            change = connection.transaction()
            await change.start()
            await connection.execute(ADD)
            await until(10)
            with pytest.raises(asyncpg.SerializationError):
                await change.commit()
            await until(11)
            return connection.is_in_transaction(), await connection.fetchval(READ)

    assert run(world, program()) == (False, 0)
    assert [bite["detail"] for bite in bites] == [{"at": "commit"}]


@pytest.mark.parametrize("fault", [SerializationFailure, Deadlock])
def test_what_needs_a_transaction_to_fail_spares_single_statements(world, login, haunt, fault):
    bites = haunt(fault(id="x", probability=1))

    async def program():
        async with connected(login) as connection:
            await connection.execute(ADD)

    run(world, program())

    assert bites == []


def test_a_reading_statement_is_no_victim_of_a_deadlock_but_a_locking_one_is_after_a_second(world, login, haunt):
    haunt(Deadlock(id="x", probability=1))

    async def program():
        async with connected(login) as connection, connection.transaction():
            await connection.fetchval(READ)
            began_s = now()
            try:
                await connection.fetchval(f"{READ} FOR UPDATE")
            except asyncpg.DeadlockDetectedError:
                return now() - began_s

    assert run(world, program()) == pytest.approx(1, abs=0.01)


def test_locks_are_kept_until_the_statement_has_timed_out(world, login, haunt):
    haunt(StatementTimeout(id="x", probability=1, after_s=(10, 10), window={"from_s": 10, "to_s": 11}))

    async def first():
        async with connected(login) as connection:
            change = connection.transaction()
            await change.start()
            await connection.execute(ADD)
            await until(10)
            with pytest.raises(asyncpg.QueryCanceledError, match="statement timeout"):
                await connection.fetchval("SELECT 1")
            await change.rollback()

    async def second():
        await until(12)
        async with connected(login) as connection:
            await connection.execute(ADD)
            return now()

    world.process("first/1").spawn(first())
    at_s = run(world, second())

    assert at_s == pytest.approx(20, abs=0.1)
    assert read(world, login) == 1


def test_whoever_stops_waiting_cancels_the_statement_that_would_time_out(world, login, haunt):
    haunt(StatementTimeout(id="x", probability=1, after_s=(10, 10), window={"from_s": 5, "to_s": 6}))

    async def program():
        async with connected(login) as connection:
            await until(5)
            with pytest.raises(TimeoutError):
                await connection.execute(ADD, timeout=2)
            return await connection.fetchval(READ), now()

    n, at_s = run(world, program())

    assert n == 0
    assert at_s == pytest.approx(7, abs=0.1)


def test_a_slow_answer_is_late_and_its_locks_are_kept_meanwhile(world, login, haunt):
    bites = haunt(Slow(id="x", probability=1, delay_s=(4, 4), window={"from_s": 10, "to_s": 11}))

    async def first():
        async with connected(login) as connection, connection.transaction():
            await until(10)
            await connection.execute(ADD)

    async def second():
        await until(9)
        async with connected(login, lock_timeout="3s") as connection:
            await until(11)
            with pytest.raises(asyncpg.LockNotAvailableError):
                await connection.execute(ADD)

    world.process("first/1").spawn(first())
    run(world, second())
    world.run(world.clock.now_ns + 10**10)

    assert {bite["detail"]["delay_s"] for bite in bites} == {4}
    assert read(world, login) == 1


def test_the_pool_notices_at_the_next_use_that_an_idle_connection_was_killed(world, engine, haunt):
    bites = haunt(BackendKilled(id="x", moment="idle", probability=1, window={"from_s": 10, "to_s": 20}))

    async def program():
        async with engine.begin() as connection:
            await connection.execute(sa.text("SELECT 1"))
        await until(10)
        async with engine.begin() as connection:
            await connection.execute(sa.text(ADD))
        await until(30)
        with pytest.raises(sa.exc.DBAPIError) as failure:
            async with engine.begin() as connection:
                await connection.execute(sa.text(READ))
        async with engine.begin() as connection:
            n = await connection.scalar(sa.text(READ))
        await engine.dispose()
        return n, failure.value.connection_invalidated

    assert run(world, program()) == (1, True)
    assert [bite["detail"] for bite in bites] == [{"moment": "idle"}]


def test_a_backend_that_is_killed_at_a_statement_says_so_and_rolls_back(world, login, haunt):
    haunt(BackendKilled(id="x", moment="statement", probability=1, window={"from_s": 10, "to_s": 20}))

    async def program():
        connection = await asyncpg.connect(**login)
        await connection.execute("BEGIN")
        await connection.execute(ADD)
        await until(10)
        # This is what asyncpg makes of 57P01 and the end of the connection; the words are the server's.
        with pytest.raises(asyncpg.ConnectionDoesNotExistError, match="due to administrator command"):
            await connection.execute(ADD)
        return connection.is_closed()

    assert run(world, program())
    assert read(world, login) == 0


@pytest.mark.parametrize("moment", ["before-commit", "after-commit"])
@pytest.mark.parametrize("single", [False, True], ids=["commit", "autocommit"])
def test_whoever_is_committing_cannot_know_how_it_ended(world, login, haunt, moment, single):
    bites = haunt(BackendKilled(id="x", moment=moment, probability=1, window={"from_s": 10, "to_s": 20}))

    async def program():
        connection = await asyncpg.connect(**login)
        if not single:
            await connection.execute("BEGIN")
            await connection.execute(ADD)
        await until(10)
        with pytest.raises((ConnectionResetError, asyncpg.ConnectionDoesNotExistError)) as failure:
            await connection.execute(ADD if single else "COMMIT")
        return str(failure.value), connection.is_closed()

    assert run(world, program()) == ("connection was closed in the middle of operation", True)
    assert read(world, login) == (1 if moment == "after-commit" else 0)
    assert [bite["detail"] for bite in bites] == [{"moment": moment}]


def test_when_connections_are_exhausted_the_open_ones_go_on_working(world, login, haunt):
    bites = haunt(ConnectionsExhausted(id="x", every_s=(10, 10), for_s=(5, 5), window={"to_s": 19}))

    async def program():
        async with connected(login) as early:
            await until(12)
            with pytest.raises(asyncpg.TooManyConnectionsError):
                await asyncpg.connect(**login)
            n = await early.fetchval(READ)
            await until(16)
            async with connected(login) as late:
                return n, await late.fetchval(READ)

    assert run(world, program()) == (0, 0)
    assert [(bite["target"], bite["detail"]) for bite in bites] == [("program/1#3", {"for_s": 5})]


def test_a_stall_runs_the_pool_dry_and_what_was_asked_has_happened_at_its_end(world, login, engine, haunt):
    bites = haunt(Stall(id="x", every_s=(10, 10), for_s=(20, 20), window={"to_s": 29}))

    async def add():
        async with engine.begin() as connection:
            await until(11)
            await connection.execute(sa.text(ADD))
        return now()

    async def program():
        first = asyncio.create_task(add())
        await until(12)
        with pytest.raises(sa.exc.TimeoutError, match="QueuePool"):
            await engine.connect()
        emptied_s, done_s = now(), await first
        await engine.dispose()
        return emptied_s, done_s

    emptied_s, done_s = run(world, program())

    assert emptied_s == pytest.approx(17, abs=0.1)
    assert done_s == pytest.approx(29, abs=0.1)
    assert read(world, login) == 1
    assert [bite["target"] for bite in bites] == ["program/1#2"]


def test_a_server_without_power_refuses_and_comes_back_with_what_was_committed(world, login, haunt):
    bites = haunt(ConnectionRefused(id="x", every_s=(10, 10), for_s=(5, 5), window={"to_s": 19}))

    async def program():
        connection = await asyncpg.connect(**login)
        await connection.execute(ADD)
        await connection.execute("BEGIN")
        await connection.execute(ADD)
        await until(12)
        was_cut = connection.is_closed()
        with pytest.raises(ConnectionRefusedError):
            await asyncpg.connect(**login)
        await until(16)
        async with connected(login) as connection:
            return was_cut, await connection.fetchval(READ)

    assert run(world, program()) == (True, 1)
    assert [(bite["target"], bite["detail"]) for bite in bites] == [("program/1#2", {"for_s": 5})]


def test_after_a_failover_to_a_replica_only_reading_works_until_there_is_a_primary_again(world, login, haunt):
    haunt(ReadOnly(id="x", every_s=(10, 10), for_s=(5, 5), window={"to_s": 19}))

    async def program():
        primary = await asyncpg.connect(**login)
        await until(12)
        replica = await asyncpg.connect(**login)
        n = await replica.fetchval(READ)
        for statement in (ADD, "INSERT INTO account VALUES (2, 0)", f"{READ} FOR UPDATE"):
            with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
                await replica.execute(statement)
        await until(16)
        async with connected(login) as connection:
            await connection.execute(ADD)
            return n, primary.is_closed(), replica.is_closed(), await connection.fetchval(READ)

    assert run(world, program()) == (0, True, True, 1)


def test_a_failover_refuses_then_only_reads_and_then_works(world, login, haunt):
    bites = haunt(Failover(id="x", every_s=(10, 10), down_s=(5, 5), read_only_s=(5, 5), window={"to_s": 25}))

    async def program():
        primary = await asyncpg.connect(**login)
        await until(12)
        with pytest.raises(ConnectionRefusedError):
            await asyncpg.connect(**login)
        await until(16)
        replica = await asyncpg.connect(**login)
        n = await replica.fetchval(READ)
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            await replica.execute(ADD)
        await until(21)
        async with connected(login) as connection:
            await connection.execute(ADD)
            return n, primary.is_closed(), replica.is_closed(), await connection.fetchval(READ)

    assert run(world, program()) == (0, True, True, 1)
    assert [bite["target"] for bite in bites] == ["program/1#2"]


def test_a_failover_is_over_when_its_window_ends(world, login, haunt):
    haunt(Failover(id="x", every_s=(10, 10), down_s=(99, 99), read_only_s=(99, 99), window={"to_s": 15}))

    async def program():
        await until(15.001)
        async with connected(login) as connection:
            await connection.execute(ADD)
            return await connection.fetchval(READ)

    assert run(world, program()) == 1


@pytest.mark.parametrize("kind", [ConnectionsExhausted, Stall, ConnectionRefused, ReadOnly])
def test_what_finds_no_victim_is_not_written_down(world, haunt, kind):
    bites = haunt(kind(id="x", every_s=(10, 10), for_s=(5, 5)))

    world.run(10**11)

    assert bites == []


def test_at_the_end_of_its_window_everything_is_whole_again(world, login, haunt):
    window = {"from_s": 5, "to_s": 11}
    spells = (ConnectionsExhausted, Stall, ConnectionRefused, ReadOnly)
    bites = haunt(*(kind(id=kind.__name__, every_s=(5, 5), for_s=(99, 99), window=window) for kind in spells))

    async def program():
        await until(10.5)
        with pytest.raises(ConnectionRefusedError):
            await asyncpg.connect(**login)
        await until(11.001)
        async with connected(login) as connection:
            await connection.execute(ADD)
            return now()

    assert run(world, program()) < 11.1
    assert len(bites) == 1


FAILING_DATABASE = LIBRARY["failing-database"]
ALONE = [
    SerializationFailure(id="x", probability=0.4),
    Deadlock(id="x", probability=0.4),
    StatementTimeout(id="x", probability=0.05, after_s=(0, 40)),
    Slow(id="x", probability=0.2, delay_s=(0, 5)),
    *(
        BackendKilled(id="x", moment=moment, probability=0.3)
        for moment in ("idle", "statement", "before-commit", "after-commit")
    ),
    ConnectionsExhausted(id="x", every_s=(1, 5), for_s=(1, 60)),
    Stall(id="x", every_s=(5, 40), for_s=(1, 60)),
    ConnectionRefused(id="x", every_s=(5, 40), for_s=(1, 30)),
    ReadOnly(id="x", every_s=(5, 40), for_s=(1, 30)),
    Failover(id="x", every_s=(5, 40), down_s=(1, 30), read_only_s=(1, 30)),
]


def storm_of(*faults):
    """A small storm that ends as soon as nothing is left to do."""
    plan = {"customers": 6, "storm_s": 200, "calm_s": 3600, "ends_when_quiet": True, "faults": faults}
    settings = FAILING_DATABASE.service | {"worker_period_s": 60, "pool_size": 2}
    return FAILING_DATABASE.model_copy(update=plan | {"service": settings})


def test_every_kind_is_tried_alone():
    assert {type(fault) for fault in ALONE} == set(DATABASE_FAULTS)


@pytest.mark.parametrize("fault", ALONE, ids=lambda fault: f"{fault.kind} {getattr(fault, 'moment', '')}".strip())
def test_the_service_bears_each_fault_and_never_says_that_it_is_broken(stage, tmp_path, fault):
    record = stage.perform(storm_of(fault), seed=3)
    record.write(tmp_path)

    verdict = judge(load_run(tmp_path))

    assert verdict.validity == "valid", verdict.to_json()
    assert record.faults
    assert {row["http_status"] for row in record.diary} <= {200, 202, 409, 503, None}


def test_a_run_with_every_fault_of_the_database_repeats(stage, tmp_path):
    crash = Crash(id="dies", process="service", every_s=(1, 60), down_s=(0, 10))
    storm = storm_of(*FAILING_DATABASE.faults, crash)

    first, second = (stage.perform(storm, seed=5, keep_timeline=True) for _ in range(2))

    assert first.timeline_lines == second.timeline_lines
    assert first.write(tmp_path / "first") == second.write(tmp_path / "second")
