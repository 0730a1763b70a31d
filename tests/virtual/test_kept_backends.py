"""Backends that are kept from session to session: quicker, and otherwise as good as new."""

import asyncio

import asyncpg
import pytest

from scenarios.virtual import pgwire
from scenarios.virtual.backends import Backends, Seat
from scenarios.virtual.world import World

EPOCH_US = 1_767_225_600_000_000


@pytest.fixture
def backends(postgres):
    kept = Backends(postgres.socket_path)
    yield kept
    kept.close()


def run(backends, *programs, **options):
    """Run programs in a world of their own and return what they return."""
    with World(seed=1, epoch_us=EPOCH_US, postgres=backends, **options) as world:
        tasks = [world.process(f"program/{number}").spawn(program()) for number, program in enumerate(programs, 1)]
        return [world.run(task) for task in tasks]


def session(login, use, **settings):
    """A program that connects, does something and hangs up."""

    async def program():
        connection = await asyncpg.connect(**login, server_settings=settings)
        try:
            return await use(connection)
        finally:
            await connection.close()

    return program


def server_pids(backends):
    return [kept.backend.pid for idle in backends._idle.values() for kept in idle]


async def ask(connection):
    return await connection.fetchval("SELECT $1::int + 1", 1)


def test_the_next_session_gets_the_same_backend(backends, login):
    run(backends, session(login, ask))
    first = server_pids(backends)
    run(backends, session(login, ask))

    assert len(first) == 1
    assert server_pids(backends) == first


def test_a_request_to_cancel_is_for_the_session_that_made_it_and_for_no_later_one(backends, login):
    def frame(secret):
        return pgwire.with_secret(pgwire.message(b"K", b"\0\0\0\7\0\0\0\1"), secret)

    seats = []
    for _ in range(2):
        seats.append(Seat(backends))
        greeting = seats[-1].start({"user": login["user"], "database": login["database"]})
        assert frame(seats[-1].secret)[9:] in [one[9:] for one in greeting if one[:1] == b"K"]
        seats[-1].hang_up()

    assert seats[0].secret != seats[1].secret


def test_other_settings_get_another_backend(backends, login):
    async def path(connection):
        return await connection.fetchval("SHOW search_path")

    plain, other = run(backends, session(login, path), session(login, path, search_path="other"))

    assert (plain, other) == ('"$user", public', "other")
    assert len(server_pids(backends)) == 2


@pytest.mark.parametrize(
    ("dirt", "question", "clean"),
    [
        ("SET search_path = dirt", "SHOW search_path", '"$user", public'),
        ("CREATE TEMP TABLE dirt (id int)", "SELECT to_regclass('dirt')::text", None),
        ("SELECT pg_advisory_lock(7)", "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'", 0),
        ("LISTEN dirt", "SELECT count(*) FROM pg_listening_channels()", 0),
        ("PREPARE dirt AS SELECT 1", "SELECT 1", 1),
    ],
)
def test_nothing_of_a_session_is_left(backends, login, dirt, question, clean):
    run(backends, session(login, lambda connection: connection.execute(dirt)))

    [found] = run(backends, session(login, lambda connection: connection.fetchval(question)))

    assert found == clean


def test_what_was_not_committed_is_rolled_back_and_its_locks_are_free(backends, login):
    async def prepare(connection):
        await connection.execute("CREATE TABLE account (n int); INSERT INTO account VALUES (0)")

    async def die_in_a_transaction():
        connection = await asyncpg.connect(**login)
        await connection.execute("BEGIN; UPDATE account SET n = 1")
        await asyncio.sleep(3600)

    async def read_and_lock(connection):
        return await connection.fetchval("SELECT n FROM account FOR UPDATE NOWAIT")

    run(backends, session(login, prepare))
    with World(seed=1, epoch_us=EPOCH_US, postgres=backends) as world:
        doomed = world.process("doomed/1")
        doomed.spawn(die_in_a_transaction())
        world.run(until=10**9)
        doomed.crash()
        world.run(until=2 * 10**9)
    [found] = run(backends, session(login, read_and_lock))

    assert found == 0


def test_a_failed_transaction_and_a_broken_conversation_leave_nothing_behind(backends, login):
    async def fail(connection):
        await connection.execute("BEGIN")
        with pytest.raises(asyncpg.UndefinedTableError):
            await connection.prepare("SELECT * FROM nowhere")

    run(backends, session(login, fail))

    assert run(backends, session(login, ask)) == [2]


def test_a_backend_that_was_killed_is_not_kept(backends, login):
    async def suicide(connection):
        with pytest.raises(asyncpg.PostgresError):
            await connection.execute(f"SELECT pg_terminate_backend({server_pid[0]})")

    server_pid = []
    run(backends, session(login, ask))
    server_pid += server_pids(backends)
    run(backends, session(login, suicide))

    assert server_pids(backends) == []
    assert run(backends, session(login, ask)) == [2]


def test_a_statement_is_prepared_once_for_all_sessions(backends, login):
    asked = [run(backends, session(login, ask)) for _ in range(3)]

    [kept] = [kept for idle in backends._idle.values() for kept in idle]
    assert asked == [[2], [2], [2]]
    assert kept.shelf.prepared == 1


def test_statements_that_the_driver_closes_and_prepares_again_work(backends, login):
    async def program():
        connection = await asyncpg.connect(**login, statement_cache_size=1)
        found = [await connection.fetchval(f"SELECT $1::int + {number % 3}", 1) for number in range(9)]
        await connection.close()
        return found

    assert run(backends, program) == run(backends, program) == [[1, 2, 3] * 3]


def test_a_kept_backend_gives_the_same_timeline_as_a_new_one(postgres, backends, login):
    def lines(server):
        async def use(connection):
            await connection.execute("CREATE TABLE thing (n int)")
            async with connection.transaction():
                await connection.execute("INSERT INTO thing VALUES ($1)", 1)
                found = await connection.fetch("SELECT n FROM thing WHERE n = $1", 1)
            await connection.execute("DROP TABLE thing")
            return found

        with World(seed=5, epoch_us=EPOCH_US, postgres=server, keep_timeline=True) as world:
            world.run(world.process("program/1").spawn(session(login, use)()))
            return world.timeline.lines

    fresh = lines(postgres.socket_path)

    assert lines(backends) == lines(backends) == fresh
