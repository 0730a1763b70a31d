"""The control plane: who may use it, and what it shows."""

import asyncio
import json

import pytest

from psp_chaos.export import export_bites, export_books

AUTHORIZED = {"Authorization": "Bearer token"}
DROP = {"id": "drop", "where": "reply", "kind": "drop-before", "nth": [50]}


@pytest.fixture
def control(world):
    async def control(method, path, content=None, headers=AUTHORIZED):
        return await world.client.request(method, "/_chaos" + path, json=content, headers=headers)

    return control


@pytest.mark.parametrize("token", ["", "Bearer sk_test_merchant", "Bearer token2", "token"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/faults"),
        ("POST", "/faults"),
        ("DELETE", "/faults"),
        ("DELETE", "/faults/drop"),
        ("GET", "/books"),
        ("GET", "/journal"),
        ("GET", "/bites"),
        ("GET", "/export"),
        ("POST", "/reset"),
    ],
)
async def test_nobody_gets_in_without_the_token(control, method, path, token):
    refused = await control(method, path, headers={"Authorization": token})

    assert refused.status_code == 401


async def test_the_merchants_key_is_not_the_token_and_the_token_is_not_the_key(world):
    refused = await world.client.get("/v1/payment_intents", headers=AUTHORIZED)

    assert refused.status_code == 401


async def test_faults_are_installed_listed_and_removed(control):
    installed = await control("POST", "/faults", DROP)
    listed = (await control("GET", "/faults")).json()["data"]
    removed = await control("DELETE", "/faults/drop")

    assert installed.status_code == 201
    assert listed == [installed.json()]
    assert "entitlement" in listed[0]
    assert removed.status_code == 204
    assert (await control("GET", "/faults")).json()["data"] == []


async def test_all_faults_can_be_removed_at_once(control):
    await control("POST", "/faults", DROP)
    await control("POST", "/faults", {**DROP, "id": "another"})

    await control("DELETE", "/faults")

    assert (await control("GET", "/faults")).json()["data"] == []


@pytest.mark.parametrize(
    ("fault", "status", "hint"),
    [
        ({**DROP, "kind": "explode"}, 422, "choose from error-before"),
        ({**DROP, "prob": 1}, 422, "unknown prob"),
        ([DROP], 422, "object"),
        ({}, 422, "id"),
    ],
)
async def test_a_fault_that_is_none_is_refused_with_a_hint(control, fault, status, hint):
    refused = await control("POST", "/faults", fault)

    assert refused.status_code == status
    assert hint in " ".join(refused.json()["errors"])


async def test_the_same_fault_cannot_be_installed_twice_nor_one_removed_that_is_not_there(control):
    await control("POST", "/faults", DROP)

    assert (await control("POST", "/faults", DROP)).status_code == 409
    assert (await control("DELETE", "/faults/other")).status_code == 404


async def test_the_export_holds_books_journal_and_bites_as_plain_data(world, control):
    world.install("error-after", nth=[2])
    payment = (await world.pay(key="k", **{"metadata[order_id]": "o-1"})).json()
    await world.refund(payment["id"], amount=400)
    await world.quiet()

    exported = (await control("GET", "/export")).json()

    books = export_books(world.psp)
    assert exported == json.loads(json.dumps({**books, "faults": export_bites(world.psp)}))
    assert exported["payments"][0] == {
        "id": payment["id"],
        "amount_minor": 1000,
        "currency": "EUR",
        "status": "captured",
        "captured_minor": 1000,
        "refunded_minor": 400,
        "metadata": {"order_id": "o-1"},
        "created_at_us": 1_700_000_000_000_000,
        "captured_at_us": 1_700_000_000_000_000,
    }
    assert [row["amount_minor"] for row in exported["movements"]] == [1000, -400]
    assert [row["status"] for row in exported["refunds"]] == ["succeeded"]
    assert {row["kind"] for row in exported["journal"]} == {"request", "webhook"}
    assert [(row["kind"], row["object"]) for row in exported["faults"]] == [
        ("error-after", exported["refunds"][0]["id"])
    ]


async def test_parts_of_the_export_can_be_asked_for(world, control):
    await world.pay()
    await world.quiet()
    whole = (await control("GET", "/export")).json()

    books = (await control("GET", "/books")).json()
    journal = (await control("GET", "/journal")).json()["data"]
    bites = (await control("GET", "/bites")).json()["data"]

    assert books == {name: whole[name] for name in ("payments", "refunds", "movements")}
    assert journal == whole["journal"]
    assert bites == whole["faults"] == []


async def test_the_health_is_open_and_says_whether_anything_is_under_way(world):
    world.merchant.takes_s = 5
    await world.pay()

    busy = (await world.client.get("/_chaos/health", headers={"Authorization": ""})).json()
    await world.quiet()
    idle = (await world.client.get("/_chaos/health", headers={"Authorization": ""})).json()

    assert (busy, idle) == ({"status": "ok", "idle": False}, {"status": "ok", "idle": True})


async def test_a_reset_empties_everything_and_drops_what_is_under_way(world, control):
    world.merchant.answers = [500, 500]
    world.install("drop-before", nth=[50])
    await world.pay(key="k")
    await asyncio.sleep(1)

    await control("POST", "/reset")
    await asyncio.sleep(86_400)

    assert len(world.merchant.deliveries) == 2
    assert world.psp.idle()
    assert (world.payments, world.psp.faults.specs, world.bites) == ([], (), [])
    assert "Idempotent-Replayed" not in (await world.pay(key="k")).headers
    await world.quiet()
    assert world.merchant.types[-1] == "payment_intent.succeeded"
