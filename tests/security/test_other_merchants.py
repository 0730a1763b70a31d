"""Nothing of another merchant can be seen or changed: every route is tried with that merchant's ids."""

import re

import pytest
from sqlalchemy import text

from service.app import framework
from service.store import metadata
from service.wiring import add_merchant

OPEN_TO_ALL = {"/healthz", "/readyz", "/metrics", "/openapi.json", "/problems", "/problems/{slug}"}
PROVEN_OTHERWISE = {"/webhooks/psp"}  # by its signature; it knows no merchants
BODIES = {
    "/v1/payments": {"amount": 5, "currency": "EUR", "payment_method": "pm_card_visa"},
    "/v1/payments/{payment_id}/refunds": {"amount": 5},
    "/v1/endpoints": {"url": "https://shop.example/"},
    "/v1/endpoints/{endpoint_id}": {"status": "disabled"},
}


def operations():
    """Every method of every route that belongs to merchants."""
    found = [
        (method, path)
        for path, methods in framework().openapi()["paths"].items()
        for method in methods
        if path not in OPEN_TO_ALL | PROVEN_OTHERWISE
    ]
    assert len(found) >= 7
    return [pytest.param(method.upper(), path, id=f"{method.upper()} {path}") for method, path in found]


def test_no_route_is_left_out():
    documented = set(framework().openapi()["paths"])

    undocumented = {getattr(route, "path", None) for route in _routes(framework().routes)} - documented
    assert undocumented - {None} <= OPEN_TO_ALL


def _routes(routes):
    for route in routes:
        yield route
        inner = getattr(getattr(route, "original_router", None), "routes", ())
        yield from () if hasattr(route, "path") else (one for one in inner if not hasattr(one, "path"))


@pytest.fixture
async def theirs(bench):
    """What the merchant `shop` has, and a client of somebody else."""
    endpoint = await bench.listen("https://shop.example/of-shop", key="k0")
    paid = (
        await bench.pay(
            key="k1", order_id="order-of-shop", description="secret words", metadata={"whose": "shop's own"}
        )
    ).json()
    refund = (await bench.refund(paid["id"], key="k2", amount=100)).json()
    bench.psp.script("create_payment", "timeout_before")
    await bench.pay(key="k3", order_id="another-of-shop")
    await add_merchant(bench.database, merchant_id="other", name="Other", api_key="pk_other")
    bench.client.headers["Authorization"] = "Bearer pk_other"
    return {
        "payment_id": paid["id"],
        "refund_id": refund["id"],
        "endpoint_id": endpoint["id"],
        "event_id": f"evt_{paid['id']}_3",
    }


@pytest.mark.parametrize(("method", "path"), operations())
async def test_another_merchants_ids_open_nothing(bench, theirs, method, path):
    names = re.findall(r"{(\w+)}", path)
    assert set(names) <= set(theirs) | {"discrepancy_id"}, f"say which {names} the merchant of this test has"
    before = await _everything_of(bench, "shop")
    secrets = _secrets(before)

    for key in ("k0", "k1", "k2", "k3", "new"):
        answer = await bench.client.request(
            method,
            path.format(**{name: theirs.get(name, "dis_000001") for name in names}),
            json=BODIES.get(path) if method in ("POST", "PUT", "PATCH") else None,
            headers={"Idempotency-Key": key},
        )

        assert answer.headers.get("Idempotent-Replayed") is None or key == "new"
        shown = answer.text + str(answer.headers)
        assert [secret for secret in secrets if secret in shown.replace(str(answer.url), "")] == []
        if names:
            assert answer.status_code in (404, 405), answer.text
        bench.client.cookies.clear()

    await bench.service.worker.tick()
    assert await _everything_of(bench, "shop") == before


@pytest.mark.parametrize(
    "query",
    [
        "order_id=order-of-shop",
        "status=SUCCESS",
        "created_from=2000-01-01T00:00:00Z",
        "limit=100",
        "merchant_id=shop",
        "order_id=order-of-shop&order_id=another-of-shop",
    ],
)
async def test_no_filter_reaches_another_merchants_payments(bench, theirs, query):
    answer = await bench.client.get(f"/v1/payments?{query}")

    assert answer.status_code in (200, 400)
    assert answer.json().get("data", []) == []


async def test_a_cursor_of_another_merchant_leads_nowhere(bench, theirs):
    bench.client.headers["Authorization"] = "Bearer pk_shop"
    cursor = (await bench.client.get("/v1/payments?limit=1")).json()["next_cursor"]
    bench.client.headers["Authorization"] = "Bearer pk_other"

    answer = await bench.client.get("/v1/payments", params={"cursor": cursor})

    assert answer.json()["data"] == []


async def _everything_of(bench, merchant):
    """Every row that belongs to a merchant, by table; a table without an owner counts as everybody's."""
    found = {}
    async with bench.database.connect() as connection:
        for name, table in metadata.tables.items():
            owned = "merchant_id" in table.c
            where = f" WHERE merchant_id = '{merchant}'" if owned else ""
            if not owned and "payment_id" in table.c:
                where = f" WHERE payment_id IN (SELECT id FROM payments WHERE merchant_id = '{merchant}')"
            rows = await connection.execute(text(f"SELECT * FROM {name}{where} ORDER BY 1, 2"))
            found[name] = [tuple(map(str, row)) for row in rows]
    return found


def _secrets(everything):
    """Texts by which one would recognise the merchant's data."""
    ids = {row[0] for name in ("payments", "refunds", "attempts", "endpoints") for row in everything[name]}
    return ids | {"order-of-shop", "another-of-shop", "secret words", "shop's own", "of-shop"}
