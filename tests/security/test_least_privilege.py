"""The service's role can do its work, and nothing that its work does not need."""

import re

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from service.migrations import migrate
from service.store import metadata
from service.store.grants import PRIVILEGES, grant
from service.wiring import add_merchant

ROLE = "paystorm service"  # a name that needs quoting
PASSWORD = "it's:a%secret"


@pytest.fixture
async def owner(empty_database):
    engine = create_async_engine(empty_database, poolclass=NullPool)
    await migrate(engine)
    await add_merchant(engine, merchant_id="shop", name="Shop", api_key="pk_shop")
    await grant(engine, role=ROLE, password=PASSWORD)
    yield engine
    async with engine.begin() as connection:
        await connection.execute(text(f'DROP OWNED BY "{ROLE}"'))
        await connection.execute(text(f'DROP ROLE "{ROLE}"'))
    await engine.dispose()


@pytest.fixture
async def limited(owner, make_bench):
    """A bench of the service under its own role."""
    url = owner.url.set(username=ROLE, password=PASSWORD)
    return await make_bench(url.render_as_string(hide_password=False))


async def test_the_service_works_under_its_own_role(limited):
    await limited.listen()
    limited.psp.script("create_payment", "after", "ok")
    paid = (await limited.pay()).json()["id"]
    await limited.pay(key="again")
    await limited.heal()
    await limited.refund(paid)
    await limited.tell("payment_intent.succeeded", limited.psp.captured()[0])
    await limited.service.worker.tick()
    limited.psp.script("create_payment", "action")
    canceled = (await limited.pay(key="canceled")).json()["id"]
    await limited.cancel(canceled)
    await limited.deliver()
    await limited.service.worker.store.forget_outgoing_events(before_us=limited.clock.now_us(), limit=1)

    assert len(limited.listener.heard) == 11
    assert (await limited.read(paid))["status"] == "REFUNDED"
    assert (await limited.read(canceled))["failure_reason"] == "canceled"
    assert (await limited.client.get("/readyz")).status_code == httpx.codes.OK


FORBIDDEN = [
    *(f"DROP TABLE {table}" for table in PRIVILEGES),
    *(f"TRUNCATE {table} CASCADE" for table in PRIVILEGES),
    *(f"ALTER TABLE {table} ADD COLUMN x INT" for table in PRIVILEGES),
    *(f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in PRIVILEGES),
    "CREATE TABLE x (y INT)",
    "CREATE FUNCTION f() RETURNS INT LANGUAGE sql AS 'SELECT 1'",
    "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "SET session_replication_role = replica",
    "CREATE ROLE x",
    "DELETE FROM payments",
    "DELETE FROM transitions",
    "DELETE FROM refunds",
    "DELETE FROM attempts",
    "DELETE FROM discrepancies",
    "UPDATE payments SET amount_minor = 1",
    "UPDATE payments SET merchant_id = 'other'",
    "UPDATE transitions SET reason = 'x'",
    "UPDATE refunds SET amount_minor = 1",
    "UPDATE attempts SET psp_key = 'x'",
    "UPDATE inbox SET payload = 'x'",
    "INSERT INTO outgoing_events SELECT * FROM outgoing_events",
    "UPDATE outgoing_events SET snapshot = '{}'",
    "UPDATE endpoints SET merchant_id = 'other'",
    "DELETE FROM deliveries",
    "INSERT INTO merchants VALUES ('x', 'X')",
    "INSERT INTO api_keys VALUES ('x', 'shop', 'x', 'x', 0, NULL)",
    "UPDATE api_keys SET revoked_at_us = NULL",
    "UPDATE alembic_version SET version_num = '0001'",
]


async def test_the_role_may_do_nothing_else(limited):
    done = [statement for statement in FORBIDDEN if not await _is_refused(limited, statement)]

    assert done == []


async def _is_refused(limited, statement):
    try:
        await limited.run_sql(statement)
    except ProgrammingError as error:
        return re.search(r"permission denied|must be owner", str(error)) is not None
    return False


async def test_granting_again_changes_nothing_but_the_password(owner):
    await grant(owner, role=ROLE, password="another")

    url = make_url(str(owner.url)).set(username=ROLE, password="another")
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.connect() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM merchants")) == 1
    await engine.dispose()


def test_every_table_has_its_privileges():
    assert set(PRIVILEGES) == {*metadata.tables, "alembic_version"}
