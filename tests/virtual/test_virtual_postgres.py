"""asyncpg and SQLAlchemy use the simulated server as they would any other; what cannot be repeated is refused."""

import asyncio

import asyncpg
import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import create_async_engine

from scenarios.units import to_ns
from scenarios.virtual.errors import Escaped, Unsupported
from scenarios.virtual.latency import Regime


@pytest.fixture
def world(new_world):
    return new_world()


def run(world, coroutine, name="program/1"):
    return world.run(world.process(name).spawn(coroutine))


def with_connection(world, login, use, **settings):
    async def program():
        connection = await asyncpg.connect(**login, server_settings=settings)
        try:
            return await use(connection)
        finally:
            await connection.close()

    return run(world, program())


def test_sqlalchemy_with_json_isolation_levels_and_savepoints(world, empty_database):
    table = sa.Table("thing", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), sa.Column("body", JSONB))

    async def program():
        engine = create_async_engine(empty_database, isolation_level="REPEATABLE READ", pool_size=2)
        async with engine.begin() as connection:
            await connection.run_sync(table.metadata.create_all)
            await connection.execute(table.insert(), [{"id": number, "body": {"n": [number]}} for number in range(3)])
            with pytest.raises(sa.exc.IntegrityError):
                async with connection.begin_nested():
                    await connection.execute(table.insert().values(id=1))
        async with engine.connect() as connection:
            level = await connection.scalar(sa.text("SHOW transaction_isolation"))
            bodies = (await connection.scalars(sa.select(table.c.body).order_by(table.c.id))).all()
        await engine.dispose()
        return level, bodies

    assert run(world, program()) == ("repeatable read", [{"n": [number]} for number in range(3)])


def test_a_round_trip_takes_the_time_of_both_its_directions(world, login):
    async def use(connection):
        world.postgres.regime = Regime(low_s=0.25, high_s=0.25)
        began_s = world.loop.time()
        await connection.execute("SELECT 1")
        return world.loop.time() - began_s

    assert with_connection(world, login, use) == pytest.approx(0.5)


def test_errors_of_parse_and_of_execution_leave_the_connection_usable(world, login):
    async def use(connection):
        async with connection.transaction():
            for sql, error in (
                ("SELECT 1 FROM nowhere WHERE $1 = 1", asyncpg.UndefinedTableError),
                ("SELECT 1 / $1::int", asyncpg.DivisionByZeroError),
            ):
                with pytest.raises(error):
                    async with connection.transaction():
                        await connection.fetch(sql, 0)
            return await connection.fetchval("SELECT $1::int + 1", 1)

    assert with_connection(world, login, use) == 2


def test_cursors_live_through_other_statements_of_their_transaction(world, login):
    async def use(connection):
        async with connection.transaction():
            cursor = await connection.cursor("SELECT generate_series(1, 5)")
            first = await cursor.fetch(2)
            await connection.execute("SELECT 1")
            return [row[0] for row in first + await cursor.fetch(10)]

    assert with_connection(world, login, use) == [1, 2, 3, 4, 5]


def test_large_messages_pass_in_both_directions(world, login):
    async def use(connection):
        await connection.execute("CREATE TABLE note (text text)")
        await connection.executemany("INSERT INTO note VALUES ($1)", [("x" * 1_000,) for _ in range(5_000)])
        async with connection.transaction():
            await connection.execute("INSERT INTO note VALUES ($1)", "y" * 3_000_000)
        return len(await connection.fetchval("SELECT string_agg(text, '') FROM note"))

    assert with_connection(world, login, use) == 8_000_000


def test_a_wait_while_a_statement_is_prepared_is_a_wait_like_any_other(world, login):
    async def migrate():
        connection = await asyncpg.connect(**login)
        async with connection.transaction():
            await connection.execute("ALTER TABLE thing ADD COLUMN more int DEFAULT 7")
            await asyncio.sleep(5)
        await connection.close()

    async def use(connection):
        await connection.execute("CREATE TABLE thing (id int); INSERT INTO thing VALUES (1)")
        world.process("migration/1").spawn(migrate())
        await asyncio.sleep(1)
        alone = await connection.fetchrow("SELECT * FROM thing WHERE id = $1", 1)
        return dict(alone), world.loop.time()

    row, at_s = with_connection(world, login, use)

    assert row == {"id": 1, "more": 7}
    assert at_s > 5
    assert world.postgres.locks.waits == 1


def test_the_same_wait_inside_of_a_transaction(world, login):
    async def migrate():
        connection = await asyncpg.connect(**login)
        async with connection.transaction():
            await connection.execute("ALTER TABLE thing ADD COLUMN more int DEFAULT 7")
            await asyncio.sleep(5)
        await connection.close()

    async def use(connection):
        await connection.execute("CREATE TABLE thing (id int); CREATE TABLE other (id int)")
        world.process("migration/1").spawn(migrate())
        await asyncio.sleep(1)
        async with connection.transaction():
            await connection.execute("INSERT INTO other VALUES (1)")
            await connection.fetch("SELECT more FROM thing WHERE id = $1", 1)
        return await connection.fetchval("SELECT count(*) FROM other")

    assert with_connection(world, login, use) == 1
    assert world.postgres.locks.waits == 1


def test_a_backend_that_dies_breaks_its_connection(world, login):
    async def use(connection):
        victim = await asyncpg.connect(**login)
        await connection.execute("SELECT pg_terminate_backend($1)", victim.get_server_pid())
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
            await victim.execute("SELECT 1")
        return victim.is_closed()

    assert with_connection(world, login, use)


def test_a_client_that_dies_before_it_hears_that_the_server_hung_up_leaves_no_complaint(world, login):
    client, held = world.process("client/1"), []

    async def connect():
        held.append(await asyncpg.connect(**login))
        await asyncio.sleep(100)

    client.spawn(connect())
    world.run(until=to_ns(1))
    client.pause()
    world.postgres.cut_all()
    world.run(until=to_ns(2))
    client.crash()
    world.run(until=to_ns(3))

    assert held[0].is_closed()  # else its finalizer warns of it, wherever the collector happens to run


def test_a_refused_login_is_the_drivers_error(world, login):
    async def program():
        with pytest.raises(asyncpg.InvalidCatalogNameError):
            await asyncpg.connect(**login | {"database": "nowhere"})

    run(world, program())


@pytest.mark.parametrize(
    "sql",
    ["SELECT now()", "SELECT CURRENT_TIMESTAMP", "SELECT gen_random_uuid()", "SELECT random ()", "SELECT pg_sleep(1)"],
)
def test_sql_may_not_ask_the_servers_clock_or_chance(world, login, sql):
    with pytest.raises(Escaped, match="program/1"):
        with_connection(world, login, lambda connection: connection.execute(sql))


def test_words_in_literals_are_no_calls(world, login):
    assert with_connection(world, login, lambda connection: connection.fetchval("SELECT 'now()'")) == "now()"


@pytest.mark.parametrize("sql", ["SET lock_timeout = 1000", "SET LOCAL statement_timeout TO '1s'", "DISCARD ALL"])
def test_statements_that_cannot_be_repeated_are_refused(world, login, sql):
    with pytest.raises(Unsupported):
        with_connection(world, login, lambda connection: connection.execute(sql))


def test_copy_into_the_server_is_refused(world, login):
    async def use(connection):
        await connection.execute("CREATE TABLE thing (id int)")
        await connection.copy_records_to_table("thing", records=[(1,)])

    with pytest.raises(Unsupported, match=r"(?i)copy"):
        with_connection(world, login, use)


@pytest.mark.parametrize("settings", [{"statement_timeout": "1s"}, {"options": "-c lock_timeout=1s"}])
def test_timeouts_that_the_server_would_count_in_real_time_are_refused(world, login, settings):
    with pytest.raises(Unsupported, match="real time"):
        with_connection(world, login, lambda connection: connection.execute("SELECT 1"), **settings)


def test_a_connection_elsewhere_is_an_escape(world):
    async def program():
        await asyncpg.connect(host="/tmp", user="postgres", database="postgres")

    with pytest.raises(Escaped, match="connection"):
        run(world, program())
