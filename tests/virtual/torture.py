"""Two small systems to be run twice, for the tests of determinism.

Also a program, `torture.py STORY SEED SOCKET DATABASE`, which prints the digest of its timeline, so that an interpreter
with another hash seed can be compared.
"""

import asyncio
import sys
from pathlib import Path

import httpx
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import create_async_engine

from scenarios.virtual.errors import ConnectionFailed
from scenarios.virtual.units import to_ns
from scenarios.virtual.world import World

EPOCH_US = 1_767_225_600_000_000
SESSIONS, ROUNDS, ROWS = 4, 4, 4


def engine_of(socket, database):
    return create_async_engine(
        f"postgresql+asyncpg://postgres@/{database}?host={Path(socket).parent}",
        connect_args={"server_settings": {"lock_timeout": "5s"}},
    )


async def prepare(socket, database, table, rows):
    """Make the same beginning for every run, in real time."""
    engine = engine_of(socket, database)
    async with engine.begin() as connection:
        await connection.run_sync(table.metadata.drop_all)
        await connection.run_sync(table.metadata.create_all)
        if rows:
            await connection.execute(table.insert(), rows)
    await engine.dispose()


def locks(seed, socket, database):
    """Sessions that each change two of a few rows, in opposite orders.

    Return the world and by how much the sum of the rows differs from what was committed.
    """
    account = sa.Table("account", sa.MetaData(), sa.Column("id", sa.Integer), sa.Column("n", sa.Integer))
    committed = []
    asyncio.run(prepare(socket, database, account, [{"id": number, "n": 0} for number in range(ROWS)]))

    async def session(number, random):
        engine = engine_of(socket, database)
        for _ in range(ROUNDS):
            pair = random.sample(range(ROWS), 2)
            try:
                async with engine.begin() as connection:
                    for row in pair:
                        await connection.execute(account.update().where(account.c.id == row).values(n=account.c.n + 1))
                committed.append(number)
            except sa.exc.DBAPIError as error:
                if error.orig.sqlstate not in ("40P01", "55P03"):
                    raise
        await engine.dispose()

    async def total():
        engine = engine_of(socket, database)
        async with engine.connect() as connection:
            found = (await connection.execute(sa.select(sa.func.sum(account.c.n)))).scalar_one()
        await engine.dispose()
        return found

    with World(seed=seed, epoch_us=EPOCH_US, postgres=socket, keep_timeline=True) as world:
        tasks = [
            world.process(f"session/{number}").spawn(session(number, world.stream("session", str(number))))
            for number in range(SESSIONS)
        ]
        world.run(world.env.all_of([world.finished(task) for task in tasks]))
        missing = 2 * len(committed) - world.run(world.process("sum/1").spawn(total()))
        return world, missing


def shop(seed, socket, database):
    """Customers, a bank, and two shop processes of which one dies and comes back.

    Return the world and the number of failures that nobody handled.
    """
    orders = sa.Table("orders", sa.MetaData(), sa.Column("id", sa.Text, primary_key=True), sa.Column("body", JSONB))
    asyncio.run(prepare(socket, database, orders, []))

    with World(seed=seed, epoch_us=EPOCH_US, postgres=socket, keep_timeline=True) as world:
        ids = world.ids("shop")

        async def bank(scope, receive, send):
            await asyncio.sleep(world.stream("bank").choice((0.01, 0.1, 3)))
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"captured"})

        def shop_of(name):
            engine = engine_of(socket, database)
            client = httpx.AsyncClient(transport=world.transport(name), base_url="http://bank", timeout=1)

            async def application(scope, receive, send):
                order = scope["path"].strip("/")
                async with engine.begin() as connection:
                    await connection.execute(
                        sa.dialects.postgresql.insert(orders)
                        .values(id=order, body={word: ids.new("x") for word in {"apple", "pear", "plum", name}})
                        .on_conflict_do_nothing()
                    )
                try:
                    outcome = (await client.post("/capture")).text
                except httpx.ReadTimeout:
                    outcome = "unknown"
                await send({"type": "http.response.start", "status": 200, "headers": []})
                await send({"type": "http.response.body", "body": outcome.encode()})

            return application

        def start(name):
            process = world.process(name)
            world.network.attach("shop", process, shop_of(name))
            return process

        def customer(number):
            random = world.stream("customer", str(number))
            for _ in range(6):
                yield world.env.timeout(to_ns(random.uniform(0, 0.3)))
                answer = world.network.exchange(
                    source=f"customer/{number}",
                    target="shop",
                    method="POST",
                    path=f"/order-{random.randrange(8)}",
                    headers={},
                )
                try:
                    yield answer | world.env.timeout(to_ns(2))
                except ConnectionFailed as error:
                    world.timeline.note("customer", str(number), type(error).__name__)

        def reaper():
            yield world.env.timeout(to_ns(0.5))
            doomed.crash()
            yield world.env.timeout(to_ns(0.5))
            start("shop/1")

        doomed = start("shop/1")
        start("shop/2")
        world.network.attach("bank", world.process("bank/1"), bank)
        world.env.process(reaper())
        world.run(world.env.all_of([world.env.process(customer(number)) for number in range(6)]))
        return world, len(world.failures)


STORIES = {"locks": locks, "shop": shop}

if __name__ == "__main__":
    _, story, seed, socket, database = sys.argv
    sys.stdout.write(STORIES[story](int(seed), socket, database)[0].timeline.digest)
