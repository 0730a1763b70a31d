"""Two small systems to be run twice, for the tests of determinism.

Also a program:

    torture.py campaign [--seeds 300] [--sessions 4]
        runs every seed of `locks` twice on a server of its own and compares line by line; prints what it counted, and
        exits with 3 if two runs differ
    torture.py digest STORY SEED SOCKET DATABASE
        prints the digest of one timeline, so that an interpreter with another hash seed can be compared
"""

import argparse
import asyncio
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import httpx
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import create_async_engine

from scenarios.embedded_postgres import EmbeddedPostgres
from scenarios.units import to_ns
from scenarios.virtual.errors import ConnectionFailed
from scenarios.virtual.world import World

EPOCH_US = 1_767_225_600_000_000
SESSIONS, ROUNDS, ROWS = 4, 4, 4
NOT_DETERMINISTIC = 3


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


def locks(seed, socket, database, sessions=SESSIONS):
    """Sessions that each change all of a few rows, in opposite orders, as if to be in each other's way.

    Return the world and by how much the sum of the rows differs from what was committed.
    """
    account = sa.Table("account", sa.MetaData(), sa.Column("id", sa.Integer), sa.Column("n", sa.Integer))
    committed = []
    asyncio.run(prepare(socket, database, account, [{"id": number, "n": 0} for number in range(ROWS)]))

    async def session(number, random):
        engine = engine_of(socket, database)
        for _ in range(ROUNDS):
            order = random.choice((range(ROWS), range(ROWS), reversed(range(ROWS))))
            try:
                async with engine.begin() as connection:
                    for row in order:
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
            for number in range(sessions)
        ]
        world.run(world.env.all_of([world.finished(task) for task in tasks]))
        missing = ROWS * len(committed) - world.run(world.process("sum/1").spawn(total()))
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


@dataclass
class Count:
    """What a campaign came to."""

    seeds: int = 0
    lock_waits: int = 0
    deadlocks: int = 0
    timeouts: int = 0
    crowd_max: int = 0  # so many waited for one session at one time
    differences: int = 0
    missing: int = 0  # changes that were committed and are not there, or the other way round

    def __str__(self):
        return (
            f"{self.seeds} seeds run twice, {self.differences} differences, {self.missing} changes lost or made up\n"
            f"{self.lock_waits} lock waits, up to {self.crowd_max} for one session, "
            f"{self.deadlocks} deadlocks, {self.timeouts} lock timeouts (counted once per seed)"
        )


def campaign(seeds, socket, database, sessions=SESSIONS):
    """Run every seed twice and count."""
    count = Count()
    for seed in seeds:
        (one, missing), (other, _) = (locks(seed, socket, database, sessions) for _ in range(2))
        queue = one.postgres.locks
        count.seeds += 1
        count.lock_waits += queue.waits
        count.deadlocks += queue.deadlocks
        count.timeouts += queue.timeouts
        count.crowd_max = max(count.crowd_max, crowd(one.timeline.lines))
        count.missing += abs(missing)
        count.differences += differ(seed, one.timeline.lines, other.timeline.lines)
    return count


def crowd(lines):
    """Tell how many waited for one session at one time, at most."""
    waiting, most = {}, 0
    for line in lines:
        _at, kind, who, what = line.rstrip("\n").split(" ", 3)
        if kind == "lock-wait":
            waiting[who] = what.split()
            most = max(most, *Counter(blocker for blockers in waiting.values() for blocker in blockers).values())
        else:
            waiting.pop(who, None)
    return most


def differ(seed, lines, others):
    """Tell whether two timelines differ, and say where."""
    if lines == others:
        return False
    place = next(
        (number for number, (one, other) in enumerate(zip(lines, others, strict=False)) if one != other),
        min(len(lines), len(others)),
    )
    sys.stderr.write(f"seed {seed} differs in line {place}: {lines[place : place + 1]} {others[place : place + 1]}\n")
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    repeat = commands.add_parser("campaign")
    repeat.add_argument("--seeds", type=int, default=300)
    repeat.add_argument("--sessions", type=int, default=SESSIONS)
    digest = commands.add_parser("digest")
    for name in ("story", "seed", "socket", "database"):
        digest.add_argument(name)
    given = parser.parse_args()
    if given.command == "digest":
        sys.stdout.write(STORIES[given.story](int(given.seed), given.socket, given.database)[0].timeline.digest)
        return 0
    began_s = time.monotonic()
    with EmbeddedPostgres.start() as server:
        count = campaign(range(given.seeds), server.socket_path, "postgres", given.sessions)
    sys.stdout.write(f"{count}\n{time.monotonic() - began_s:.0f} s\n")
    return NOT_DETERMINISTIC if count.differences or count.missing else 0


if __name__ == "__main__":
    sys.exit(main())
