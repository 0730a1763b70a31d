"""The queue of lock waits is the simulation's own, and yet everybody gets what a plain server would have given them.

Each script is played twice on one server: on plain connections in real time, where statements really wait and
`pg_blocking_pids` tells who does, and in a world. After every step the two must agree on who has been answered, on what
was answered and on who waits; at the end, on what is in the tables. Where a plain server is free in its choice it
decides first: the world's deadlocks take the same victims, and scripts in which several wait for one transaction are
not compared.
"""

import asyncio
import textwrap
from dataclasses import dataclass, field
from random import Random

import asyncpg
import pytest

TABLES = """
    DROP TABLE IF EXISTS child, parent, account;
    CREATE TABLE account (id int PRIMARY KEY, n int NOT NULL);
    CREATE TABLE parent (id int PRIMARY KEY, n int NOT NULL);
    CREATE TABLE child (id int PRIMARY KEY, parent_id int NOT NULL REFERENCES parent);
    INSERT INTO account SELECT id, 0 FROM generate_series(1, 4) AS id;
    INSERT INTO parent SELECT id, 0 FROM generate_series(1, 3) AS id;
"""
CONTENTS = """
    SELECT 'account', id, n FROM account UNION ALL SELECT 'parent', id, n FROM parent
    UNION ALL SELECT 'child', id, parent_id FROM child ORDER BY 1, 2
"""

# A line is a session and what it asks; it says so if that has to wait. What is still open in the end is rolled back.
SCRIPTS = {
    "an update waits for an update": """
        a: BEGIN
        a: UPDATE account SET n = n + 1 WHERE id = 1
        b: UPDATE account SET n = n * 10 WHERE id = 1 RETURNING n  -- waits
        c: SELECT n FROM account WHERE id = 1
        a: COMMIT
        """,
    "an update whose condition does not hold any more": """
        a: BEGIN
        a: UPDATE account SET n = 5 WHERE id = 1
        b: UPDATE account SET n = 9 WHERE id = 1 AND n = 0  -- waits
        a: COMMIT
        """,
    "an update of a row that is deleted meanwhile": """
        a: BEGIN
        a: DELETE FROM account WHERE id = 1
        b: UPDATE account SET n = 9 WHERE id = 1  -- waits
        a: COMMIT
        """,
    "an update of a row that is not deleted after all": """
        a: BEGIN
        a: DELETE FROM account WHERE id = 1
        b: UPDATE account SET n = 9 WHERE id = 1  -- waits
        a: ROLLBACK
        """,
    "SKIP LOCKED": """
        a: BEGIN
        a: UPDATE account SET n = 1 WHERE id = 2
        b: BEGIN
        b: SELECT id FROM account ORDER BY id FOR UPDATE SKIP LOCKED LIMIT 2
        c: SELECT id FROM account ORDER BY id FOR SHARE SKIP LOCKED
        d: SELECT id FROM account ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
        b: COMMIT
        d: SELECT id FROM account ORDER BY id FOR UPDATE SKIP LOCKED
        """,
    "NOWAIT": """
        a: BEGIN
        a: SELECT id FROM account WHERE id = 1 FOR UPDATE
        b: SELECT id FROM account WHERE id = 1 FOR UPDATE NOWAIT
        b: BEGIN
        b: SELECT id FROM account WHERE id = 2 FOR SHARE NOWAIT
        b: SAVEPOINT one
        b: SELECT id FROM account FOR KEY SHARE NOWAIT
        b: ROLLBACK TO one
        c: UPDATE account SET n = 1 WHERE id = 2  -- waits
        b: COMMIT
        a: ROLLBACK
        """,
    "tables are locked as well": """
        a: BEGIN
        a: LOCK TABLE account IN SHARE MODE
        b: UPDATE account SET n = 1 WHERE id = 1  -- waits
        c: LOCK TABLE account IN ACCESS EXCLUSIVE MODE NOWAIT
        a: COMMIT
        """,
    "advisory locks of sessions": """
        a: SELECT pg_advisory_lock(1)
        a: SELECT pg_advisory_lock(1)
        b: SELECT pg_try_advisory_lock(1)
        b: BEGIN
        b: SELECT pg_advisory_lock(1)  -- waits
        a: SELECT pg_advisory_unlock(1)
        a: SELECT pg_advisory_unlock(1)
        a: SELECT pg_advisory_unlock(1)
        b: ROLLBACK
        a: SELECT pg_try_advisory_lock(1)
        b: SELECT pg_advisory_unlock_all()
        a: SELECT pg_try_advisory_lock(1)
        """,
    "advisory locks of transactions": """
        a: BEGIN
        a: SELECT pg_advisory_xact_lock(1, 2)
        b: SELECT pg_try_advisory_xact_lock(1, 2)
        b: SELECT pg_try_advisory_xact_lock(2, 1)
        b: SELECT pg_advisory_xact_lock(1, 2)  -- waits
        a: COMMIT
        a: SELECT pg_try_advisory_lock(1, 2)
        """,
    "shared advisory locks": """
        a: SELECT pg_advisory_lock_shared(1)
        b: SELECT pg_advisory_lock_shared(1)
        c: SELECT pg_try_advisory_lock(1)
        c: SELECT pg_try_advisory_lock_shared(1)
        c: SELECT pg_advisory_unlock_shared(1)
        c: SELECT pg_advisory_lock(1)  -- waits
        a: SELECT pg_advisory_unlock_shared(1)
        b: SELECT pg_advisory_unlock_shared(1)
        a: SELECT pg_try_advisory_lock_shared(1)
        """,
    "an advisory lock taken after a savepoint": """
        a: BEGIN
        a: SAVEPOINT one
        a: SELECT pg_advisory_xact_lock(1)
        b: SELECT pg_advisory_lock(1)  -- waits
        a: ROLLBACK TO one
        a: COMMIT
        """,
    "ON CONFLICT DO NOTHING finds a key that is committed": """
        a: BEGIN
        a: INSERT INTO account VALUES (9, 1) ON CONFLICT DO NOTHING
        b: INSERT INTO account VALUES (9, 2) ON CONFLICT DO NOTHING RETURNING n  -- waits
        a: COMMIT
        """,
    "ON CONFLICT DO NOTHING finds a key that is given back": """
        a: BEGIN
        a: INSERT INTO account VALUES (9, 1) ON CONFLICT DO NOTHING
        b: INSERT INTO account VALUES (9, 2) ON CONFLICT DO NOTHING RETURNING n  -- waits
        a: ROLLBACK
        """,
    "ON CONFLICT DO UPDATE finds a key that is committed": """
        a: BEGIN
        a: INSERT INTO account VALUES (9, 1)
        b: BEGIN
        b: INSERT INTO account VALUES (9, 2) ON CONFLICT (id) DO UPDATE SET n = account.n + 10 RETURNING n  -- waits
        a: COMMIT
        b: COMMIT
        """,
    "ON CONFLICT DO UPDATE finds a row that is being changed": """
        a: BEGIN
        a: UPDATE account SET n = 7 WHERE id = 1
        b: INSERT INTO account VALUES (1, 2) ON CONFLICT (id) DO UPDATE SET n = account.n + 1 RETURNING n  -- waits
        a: COMMIT
        """,
    "ON CONFLICT DO UPDATE with a condition that fails": """
        a: BEGIN
        a: UPDATE account SET n = 7 WHERE id = 1
        b: INSERT INTO account VALUES (1, 2) ON CONFLICT (id) DO UPDATE SET n = 1 WHERE account.n = 0  -- waits
        a: COMMIT
        """,
    "ON CONFLICT DO UPDATE finds a row that is being deleted": """
        a: BEGIN
        a: DELETE FROM account WHERE id = 1
        b: INSERT INTO account VALUES (1, 2) ON CONFLICT (id) DO UPDATE SET n = 9 RETURNING n  -- waits
        a: COMMIT
        """,
    "a unique key that is committed": """
        a: BEGIN
        a: INSERT INTO account VALUES (9, 1)
        b: BEGIN
        b: UPDATE account SET n = 5 WHERE id = 2
        b: INSERT INTO account VALUES (9, 2)  -- waits
        a: COMMIT
        b: SELECT 1
        b: ROLLBACK
        """,
    "a unique key that is given back": """
        a: BEGIN
        a: INSERT INTO account VALUES (9, 1)
        b: INSERT INTO account VALUES (9, 2)  -- waits
        a: ROLLBACK
        """,
    "a unique key that is freed by a deletion": """
        a: BEGIN
        a: DELETE FROM account WHERE id = 1
        b: INSERT INTO account VALUES (1, 2)  -- waits
        a: COMMIT
        """,
    "a child waits for its parent to be deleted": """
        a: BEGIN
        a: DELETE FROM parent WHERE id = 1
        b: INSERT INTO child VALUES (1, 1)  -- waits
        a: COMMIT
        """,
    "a child whose parent stays": """
        a: BEGIN
        a: DELETE FROM parent WHERE id = 1
        b: INSERT INTO child VALUES (1, 1)  -- waits
        a: ROLLBACK
        """,
    "a child does not mind what its parent's other columns do": """
        a: BEGIN
        a: UPDATE parent SET n = 1 WHERE id = 1
        b: INSERT INTO child VALUES (1, 1)
        c: SELECT id FROM parent WHERE id = 1 FOR KEY SHARE NOWAIT
        a: UPDATE parent SET id = 9 WHERE id = 1
        a: COMMIT
        """,
    "a parent waits for its new child": """
        a: BEGIN
        a: INSERT INTO child VALUES (1, 1)
        b: DELETE FROM parent WHERE id = 1  -- waits
        a: COMMIT
        """,
    "a parent waits for a child that is not born": """
        a: BEGIN
        a: INSERT INTO child VALUES (1, 1)
        b: DELETE FROM parent WHERE id = 1  -- waits
        a: ROLLBACK
        """,
    "a lock taken after a savepoint is given back with it": """
        a: BEGIN
        a: UPDATE account SET n = 1 WHERE id = 1
        a: SAVEPOINT one
        a: UPDATE account SET n = 1 WHERE id = 2
        b: UPDATE account SET n = n + 5 WHERE id = 2 RETURNING n  -- waits
        a: ROLLBACK TO one
        c: UPDATE account SET n = n + 5 WHERE id = 1 RETURNING n  -- waits
        a: RELEASE one
        a: COMMIT
        """,
    "a wait between the waiter's own savepoints": """
        a: BEGIN
        a: UPDATE account SET n = 1 WHERE id = 1
        b: BEGIN
        b: UPDATE account SET n = 2 WHERE id = 2
        b: SAVEPOINT one
        b: UPDATE account SET n = n + 5 WHERE id = 1  -- waits
        a: COMMIT
        b: UPDATE account SET n = 3 WHERE id = 3
        b: ROLLBACK TO one
        b: UPDATE account SET n = 4 WHERE id = 4
        b: COMMIT
        """,
    "an error frees the locks before ROLLBACK is said": """
        a: BEGIN
        a: UPDATE account SET n = 1 WHERE id = 1
        b: UPDATE account SET n = 2 WHERE id = 1  -- waits
        a: SELECT 1 / 0
        a: SELECT 1
        a: COMMIT
        """,
    "a chain of waiters": """
        a: BEGIN
        a: UPDATE account SET n = 1 WHERE id = 1
        b: BEGIN
        b: UPDATE account SET n = 2 WHERE id = 2
        b: UPDATE account SET n = n + 2 WHERE id = 1  -- waits
        c: BEGIN
        c: UPDATE account SET n = n + 3 WHERE id = 2  -- waits
        a: COMMIT
        b: COMMIT
        c: COMMIT
        """,
    "a deadlock of two": """
        a: BEGIN
        b: BEGIN
        a: UPDATE account SET n = n + 1 WHERE id = 1
        b: UPDATE account SET n = n + 10 WHERE id = 2
        a: UPDATE account SET n = n + 1 WHERE id = 2  -- waits
        b: UPDATE account SET n = n + 10 WHERE id = 1
        a: COMMIT
        b: COMMIT
        """,
    "a deadlock of three": """
        a: BEGIN
        b: BEGIN
        c: BEGIN
        a: UPDATE account SET n = n + 1 WHERE id = 1
        b: UPDATE account SET n = n + 10 WHERE id = 2
        c: UPDATE account SET n = n + 100 WHERE id = 3
        a: UPDATE account SET n = n + 1 WHERE id = 2  -- waits
        b: UPDATE account SET n = n + 10 WHERE id = 3  -- waits
        c: UPDATE account SET n = n + 100 WHERE id = 1
        a: COMMIT
        b: COMMIT
        c: COMMIT
        """,
    "a deadlock of two who both read and then write": """
        a: BEGIN
        b: BEGIN
        a: SELECT n FROM account WHERE id = 1 FOR SHARE
        b: SELECT n FROM account WHERE id = 1 FOR SHARE
        a: UPDATE account SET n = 1 WHERE id = 1  -- waits
        b: UPDATE account SET n = 2 WHERE id = 1
        a: COMMIT
        b: COMMIT
        """,
    "a deadlock over advisory locks and rows": """
        a: SELECT pg_advisory_lock(1)
        b: BEGIN
        b: UPDATE account SET n = 1 WHERE id = 1
        b: SELECT pg_advisory_lock(1)  -- waits
        a: UPDATE account SET n = 2 WHERE id = 1
        b: COMMIT
        """,
    "a deadlock over unique keys": """
        a: BEGIN
        b: BEGIN
        a: INSERT INTO account VALUES (8, 1)
        b: INSERT INTO account VALUES (9, 2)
        a: INSERT INTO account VALUES (9, 1) ON CONFLICT DO NOTHING  -- waits
        b: INSERT INTO account VALUES (8, 2) ON CONFLICT DO NOTHING
        a: COMMIT
        b: COMMIT
        """,
    "a repeatable read that comes too late": """
        a: BEGIN
        b: BEGIN ISOLATION LEVEL REPEATABLE READ
        b: SELECT n FROM account WHERE id = 2
        a: UPDATE account SET n = 1 WHERE id = 1
        b: UPDATE account SET n = 2 WHERE id = 1  -- waits
        a: COMMIT
        b: COMMIT
        """,
    "a repeatable read whose rival gives up": """
        a: BEGIN
        b: BEGIN ISOLATION LEVEL REPEATABLE READ
        b: SELECT n FROM account WHERE id = 2
        a: UPDATE account SET n = 1 WHERE id = 1
        b: UPDATE account SET n = 2 WHERE id = 1  -- waits
        a: ROLLBACK
        b: COMMIT
        """,
    "a write skew between serializable transactions": """
        a: BEGIN ISOLATION LEVEL SERIALIZABLE
        b: BEGIN ISOLATION LEVEL SERIALIZABLE
        a: SELECT sum(n) FROM account
        b: SELECT sum(n) FROM account
        a: UPDATE account SET n = 1 WHERE id = 1
        b: UPDATE account SET n = 1 WHERE id = 2
        a: COMMIT
        b: COMMIT
        """,
}
MODES = ("UPDATE", "NO KEY UPDATE", "SHARE", "KEY SHARE")


@pytest.fixture(scope="module")
def login(postgres):
    """Where the scripts are played; each makes its tables anew."""
    postgres.create_database("equivalence")
    yield {"host": str(postgres.folder), "user": "postgres", "database": "equivalence"}
    postgres.drop_database("equivalence")


@dataclass(frozen=True)
class Step:
    session: str
    sql: str
    waits: bool

    @classmethod
    def parse(cls, line):
        session, _, rest = line.partition(": ")
        sql, _, remark = rest.partition("  -- ")
        return cls(session, sql, remark == "waits")


@dataclass
class Performance:
    """What a script came to."""

    story: list = field(default_factory=list)  # of each step: who was answered and what, and who waits
    victims: list = field(default_factory=list)  # of deadlocks, in order
    crowded: bool = False  # several waited for one transaction, so that the order of waking is free
    contents: list = field(default_factory=list)


def parse(text):
    return [Step.parse(line) for line in textwrap.dedent(text).strip().splitlines()]


class Play:
    """Plays one script on whatever connections it is given."""

    def __init__(self, steps, *, login, settle):
        self.steps = steps
        self.performance = Performance()
        self.connections = {}
        self.waiting = {}
        self._login = login
        self._settle = settle

    async def perform(self):
        names = sorted({step.session for step in self.steps})
        steward = await asyncpg.connect(**self._login)
        await steward.execute(TABLES)
        for name in names:
            self.connections[name] = await asyncpg.connect(**self._login)
        for step in self.steps:
            await self._take(step.session, step.sql)
        for name in names * 2:  # once more for those who were waiting
            await self._take(name, "SELECT pg_advisory_unlock_all()")
            await self._take(name, "ROLLBACK")
        assert not self.waiting
        self.performance.contents = [tuple(row) for row in await steward.fetch(CONTENTS)]
        for connection in (*self.connections.values(), steward):
            await connection.close()
        return self.performance

    async def _take(self, name, sql):
        if name not in self.waiting:
            self.waiting[name] = asyncio.create_task(ask(self.connections[name], sql))
        await self._settle(self)
        answers = {who: task.result() for who, task in self.waiting.items() if task.done()}
        for who in answers:
            del self.waiting[who]
        self.performance.victims += [who for who, answer in answers.items() if answer == "40P01"]
        self.performance.story.append((name, sql, answers, sorted(self.waiting)))


async def ask(connection, sql):
    try:
        statement = await connection.prepare(sql)
        rows = await statement.fetch()
    except asyncpg.PostgresError as error:
        return error.sqlstate
    return statement.get_statusmsg(), [tuple(row) for row in rows]


def plainly(steps, login):
    """Play on plain connections in real time."""

    async def perform():
        monitor = await asyncpg.connect(**login)
        hasty = login | {"server_settings": {"deadlock_timeout": "10ms"}}
        try:
            return await Play(steps, login=hasty, settle=lambda play: settle_plainly(play, monitor)).perform()
        finally:
            await monitor.close()

    return asyncio.run(perform())


async def settle_plainly(play, monitor):
    """Return as soon as everybody is answered or waits for a lock, and no deadlock is about to be broken."""
    while True:
        await asyncio.sleep(0.001)
        pids = {play.connections[name].get_server_pid(): name for name, task in play.waiting.items() if not task.done()}
        blockers = {pid: set(await monitor.fetchval("SELECT pg_blocking_pids($1)", pid)) for pid in pids}
        if all(blockers.values()) and not any(reaches(blockers, pid, pid) for pid in pids):
            play.performance.crowded |= overlap(blockers.values())
            return


def overlap(groups):
    members = [member for group in groups for member in group]
    return len(members) > len(set(members))


def reaches(blockers, start, goal, seen=()):
    return any(
        one == goal or (one not in seen and reaches(blockers, one, goal, (*seen, start)))
        for one in blockers.get(start, ())
    )


class SameVictims:
    """Decides in the world's lock queue as the plain server has decided; in all else, as the seed does."""

    def __init__(self, random, play, victims):
        self.randint = random.randint
        self._play = play
        self._victims = victims

    def choice(self, cycle):
        victims = [self._play.connections[name].get_server_pid() for name in self._victims]
        return next((wait for wait in cycle if wait.session.backend.pid in victims), cycle[0])


def virtually(steps, login, world, victims=()):
    """Play in virtual time."""

    async def settle(play):
        await asyncio.sleep(3)  # a deadlock takes one second, everything else milliseconds
        play.performance.crowded |= overlap(wait.blockers for wait in locks._waits.values())

    play = Play(steps, login=login, settle=settle)
    locks = world.postgres.locks
    locks._random = SameVictims(locks._random, play, victims)
    return world.run(world.process("program/1").spawn(play.perform()))


def compare(steps, login, world):
    plain = plainly(steps, login)
    virtual = virtually(steps, login, world, plain.victims)

    assert virtual.story == plain.story
    assert virtual.contents == plain.contents
    return plain


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_goes_as_on_plain_connections(name, new_world, login):
    steps = parse(SCRIPTS[name])

    plain = compare(steps, login, new_world())

    waited = [step.session in waiting for step, (*_, waiting) in zip(steps, plain.story, strict=False)]
    does_what_it_says = plain.victims if "deadlock" in name else waited == [step.waits for step in steps]
    assert does_what_it_says


@pytest.mark.parametrize("held", MODES)
def test_row_locks_get_on_with_each_other_as_on_plain_connections(held, new_world, login):
    for asked in MODES:
        steps = parse(f"""
            a: BEGIN
            a: SELECT n FROM account WHERE id = 1 FOR {held}
            b: SELECT n FROM account WHERE id = 1 FOR {asked} NOWAIT
            b: SELECT n FROM account WHERE id = 1 FOR {asked} SKIP LOCKED
            b: BEGIN
            b: SELECT n FROM account WHERE id = 1 FOR {asked}
            a: COMMIT
            """)

        compare(steps, login, new_world())


STATEMENTS = (
    "UPDATE account SET n = n + {number} WHERE id = {row} RETURNING n",
    "UPDATE account SET n = n * 2 + {number} WHERE id = {row} AND n < 50",
    "DELETE FROM account WHERE id = {row}",
    "INSERT INTO account VALUES ({row}, {number})",
    "INSERT INTO account VALUES ({row}, {number}) ON CONFLICT DO NOTHING",
    "INSERT INTO account VALUES ({row}, 0) ON CONFLICT (id) DO UPDATE SET n = account.n + {number} RETURNING n",
    "SELECT n FROM account WHERE id = {row} FOR {mode}",
    "SELECT n FROM account WHERE id = {row} FOR {mode} NOWAIT",
    "SELECT id, n FROM account ORDER BY id FOR {mode} SKIP LOCKED",
    "INSERT INTO child VALUES ({number}, {parent})",
    "UPDATE parent SET n = {number} WHERE id = {parent}",
    "DELETE FROM parent WHERE id = {parent}",
    "SELECT pg_advisory_xact_lock({row})",
    "SELECT pg_try_advisory_xact_lock_shared({row})",
    "SELECT sum(n) FROM account",
    "SAVEPOINT one",
    "ROLLBACK TO one",
)


def random_script(random):
    """Two to four sessions with one transaction each, shuffled into one another."""
    queues = []
    for session in "abcd"[: random.randint(2, 4)]:
        level = random.choice(("", "", " ISOLATION LEVEL REPEATABLE READ"))
        body = [random_statement(random) for _ in range(random.randint(2, 5))]
        queues.append(
            [Step(session, sql, False) for sql in (f"BEGIN{level}", *body, random.choice(("COMMIT", "ROLLBACK")))]
        )
    turns = [queue for queue in queues for _ in queue]
    random.shuffle(turns)
    return [queue.pop(0) for queue in turns]


def random_statement(random):
    return random.choice(STATEMENTS).format(
        row=random.randint(1, 5), parent=random.randint(1, 3), number=random.randint(1, 99), mode=random.choice(MODES)
    )


@pytest.mark.parametrize("first", range(0, 36, 12))
def test_random_scripts_go_as_on_plain_connections(first, new_world, login):
    compared = waits = 0
    for seed in range(first, first + 12):
        steps = random_script(Random(seed))
        plain = plainly(steps, login)
        virtual = virtually(steps, login, new_world(seed=seed), plain.victims)
        if plain.crowded or virtual.crowded:
            continue
        assert virtual.story == plain.story, f"script {seed}"
        assert virtual.contents == plain.contents, f"script {seed}"
        compared += 1
        waits += any(waiting for *_, waiting in plain.story)

    assert compared > 6
    assert waits > 1


# What is not the same, as locks.py says.


def test_after_a_wait_at_read_committed_the_whole_statement_is_new_and_not_the_row_alone(new_world, login):
    steps = parse("""
        a: BEGIN
        a: UPDATE account SET n = 1 WHERE id = 1
        b: UPDATE account SET n = 9 WHERE id = (SELECT min(id) FROM account WHERE n = 0) RETURNING id  -- waits
        a: COMMIT
        """)

    plain, virtual = plainly(steps, login), virtually(steps, login, new_world())

    assert plain.story[3][2]["b"] == ("UPDATE 1", [(1,)])
    assert virtual.story[3][2]["b"] == ("UPDATE 1", [(2,)])


def test_a_waiting_statement_holds_nothing_of_what_it_took_itself(new_world, login):
    steps = parse("""
        a: BEGIN
        a: UPDATE account SET n = 1 WHERE id = 2
        b: UPDATE account SET n = 9 WHERE id < 3  -- waits
        c: SELECT id FROM account WHERE id = 1 FOR UPDATE NOWAIT
        a: COMMIT
        """)

    plain, virtual = plainly(steps, login), virtually(steps, login, new_world())

    assert plain.story[3][2] == {"c": "55P03"}
    assert virtual.story[3][2] == {"c": ("SELECT 1", [(1,)])}
    assert virtual.contents == plain.contents
