"""Keys are made, listed and revoked by command, shown once, and stored as hashes."""

import json
import os
import subprocess
import sys

import pytest

from engine.retries import SECOND_US
from service.authentication import key_hash
from service.merchants import Registry


@pytest.fixture
def registry(bench):
    return Registry(database=bench.database, clock=bench.clock, ids=bench.ids)


async def _status(bench, secret):
    return (await bench.client.get("/v1/payments", headers={"Authorization": f"Bearer {secret}"})).status_code


async def test_a_merchant_may_have_several_keys_and_lose_one(bench, registry):
    merchant = await registry.create_merchant(name="Second shop")
    (first, old), (_, new) = [await registry.create_key(merchant_id=merchant, name=name) for name in ("old", "new")]
    before = [await _status(bench, secret) for secret in (old, new)]

    assert await registry.revoke_key(first.id)
    bench.clock.advance(bench.settings.authentication_cache_s + 1)

    assert before == [200, 200]
    assert [await _status(bench, secret) for secret in (old, new)] == [401, 200]
    assert [(one.name, one.revoked_at_us is None) for one in await registry.keys(merchant_id=merchant)] == [
        ("old", False),
        ("new", True),
    ]
    assert [(one.id, one.keys) for one in await registry.merchants()] == [(merchant, 1), ("shop", 1)]


async def test_revoking_again_keeps_the_first_time(bench, registry):
    key, _ = await registry.create_key(merchant_id="shop", name="x")

    await registry.revoke_key(key.id)
    bench.clock.advance(5)
    assert await registry.revoke_key(key.id)

    (revoked,) = [one for one in await registry.keys() if one.id == key.id]
    assert revoked.revoked_at_us == bench.clock.now_us() - 5 * SECOND_US
    assert not await registry.revoke_key("key_unknown")


async def test_only_the_hash_of_a_key_is_stored(bench, registry):
    key, secret = await registry.create_key(merchant_id="shop", name="x")

    async with bench.database.connect() as connection:
        rows = (await connection.exec_driver_sql("SELECT to_jsonb(api_keys) FROM api_keys")).scalars().all()
    assert key_hash(secret) in str(rows)
    assert secret not in str(rows)
    assert secret not in repr(key)


async def test_what_is_taken_or_unknown_is_refused(registry):
    assert await registry.create_merchant(name="Twin", merchant_id="shop") is None
    assert await registry.create_key(merchant_id="nobody", name="x") is None


@pytest.mark.campaign
@pytest.mark.timeout(200)
def test_the_commands_set_a_service_up_from_nothing(empty_database):
    url = empty_database.replace("+asyncpg", "")  # as operators write it

    def paystorm(*words, code=0, **environment):
        result = subprocess.run(
            [sys.executable, "-m", "scenarios.cli", *words],
            env=os.environ | {"PAYSTORM_DATABASE_URL": url} | environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == code, result.stderr
        return result.stdout if code == 0 else result.stderr

    assert paystorm("migrate", "--revision", "0001") == "from nothing to revision 0001\n"
    granted = paystorm("migrate", "--grant-to", "paystorm_cli", PAYSTORM_ROLE_PASSWORD="x")
    assert granted.splitlines()[0].startswith("from 0001 to revision")
    assert granted.splitlines()[1] == "granted to paystorm_cli"
    assert paystorm("merchants", "create", "A shop", "--merchant-id", "shop") == "shop\n"
    made = json.loads(paystorm("keys", "create", "shop", "--json"))
    listed = paystorm("keys", "list")
    assert made["id"] in listed
    assert made["secret"] not in listed
    assert paystorm("keys", "revoke", made["id"]) == f"{made['id']} is revoked\n"
    assert json.loads(paystorm("merchants", "list", "--json")) == [{"id": "shop", "name": "A shop", "keys": 0}]
    assert "no merchant nobody" in paystorm("keys", "create", "nobody", code=2)
    assert "no PostgreSQL at" in paystorm("migrate", code=4, PAYSTORM_DATABASE_URL="postgresql://127.0.0.1:9/x")
