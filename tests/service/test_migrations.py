"""The schema grows by revisions, and what they make together is what the tables say."""

import asyncio
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from service import migrations
from service.migrations import Migrated, migrate
from service.store import metadata
from service.store.revision import REVISION
from service.wiring import create_schema

# A schema as PostgreSQL itself tells it.
_NOT_SYSTEM = "c.relnamespace = 'public'::regnamespace"
_QUESTIONS = {
    "columns": f"""
        SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
            pg_get_expr(d.adbin, d.adrelid) AS default_value
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE {_NOT_SYSTEM} AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped""",
    "constraints": f"""
        SELECT c.relname, o.conname, pg_get_constraintdef(o.oid)
        FROM pg_constraint o JOIN pg_class c ON c.oid = o.conrelid WHERE {_NOT_SYSTEM}""",
    "indexes": f"""
        SELECT c.relname, pg_get_indexdef(i.indexrelid)
        FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE {_NOT_SYSTEM}""",
    "triggers": f"""
        SELECT c.relname, t.tgname, pg_get_triggerdef(t.oid)
        FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE {_NOT_SYSTEM} AND NOT t.tgisinternal""",
    "functions": """
        SELECT p.proname, pg_get_functiondef(p.oid) FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace""",
}
SCRIPTS = ScriptDirectory(next(iter(migrations.__path__)))


@pytest.fixture
async def database(empty_database):
    engine = create_async_engine(empty_database, poolclass=NullPool)
    yield engine
    await engine.dispose()


@pytest.fixture
def another_database(postgres):
    postgres.create_database("made_from_metadata")
    yield postgres.url("made_from_metadata")
    postgres.drop_database("made_from_metadata")


@pytest.fixture
async def made_from_metadata(another_database):
    engine = create_async_engine(another_database, poolclass=NullPool)
    await create_schema(engine)
    yield await read_schema(engine)
    await engine.dispose()


async def _run(database, *statements):
    async with database.begin() as connection:
        for statement in statements:
            await connection.execute(text(statement))


async def read_schema(database):
    """Return every fact about the schema, sorted; the order of columns is no part of it."""
    async with database.connect() as connection:
        return {
            name: sorted(tuple(map(str, row)) for row in await connection.execute(text(question)))
            for name, question in _QUESTIONS.items()
        }


async def _the_first_release(database):
    """Make the database as the first release did: the tables, and no mark of a revision."""
    await migrate(database, revision="0001")
    await _run(database, "DROP TABLE alembic_version")


async def test_from_nothing_the_revisions_make_what_the_tables_say(database, made_from_metadata):
    done = await migrate(database)

    assert done == Migrated(before=None, after=REVISION)
    assert await read_schema(database) == made_from_metadata


async def test_alembic_sees_no_difference(database):
    await migrate(database)

    async with database.connect() as connection:
        found = await connection.run_sync(
            lambda sync: compare_metadata(MigrationContext.configure(sync, opts={"include_name": _is_ours}), metadata)
        )

    assert found == []


def _is_ours(name, kind, _):
    return kind != "table" or name != "alembic_version"


async def test_from_the_first_release_the_revisions_make_the_same(database, made_from_metadata):
    await _the_first_release(database)

    done = await migrate(database)

    assert done == Migrated(before="0001", after=REVISION)
    assert await read_schema(database) == made_from_metadata


async def test_a_schema_made_from_the_tables_is_up_to_date(database):
    await create_schema(database)

    assert await migrate(database) == Migrated(before=REVISION, after=REVISION)


async def test_two_who_migrate_at_once_do_it_once(database):
    done = await asyncio.gather(migrate(database), migrate(database))

    assert sorted(done, key=lambda one: one.before or "") == [
        Migrated(before=None, after=REVISION),
        Migrated(before=REVISION, after=REVISION),
    ]


async def test_a_migration_that_fails_leaves_nothing_behind(database):
    await _run(database, "CREATE TABLE inbox (in_the_way TEXT)")
    before = await read_schema(database)

    with pytest.raises(Exception, match="already exists"):
        await migrate(database)

    assert await read_schema(database) == before


def test_the_code_is_written_for_the_newest_revision():
    revisions = [one.revision for one in SCRIPTS.walk_revisions()]

    assert SCRIPTS.get_heads() == [REVISION]
    assert revisions == sorted(revisions, reverse=True), "later revisions must compare greater"


def test_a_revision_imports_nothing_of_the_service():
    for one in SCRIPTS.walk_revisions():
        source = Path(one.path).read_text()
        assert "service" not in [word for line in source.splitlines() if "import" in line for word in line.split(".")]
