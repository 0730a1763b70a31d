"""The HTTP face: what is refused, what is shown, and that nobody sees another one's payments."""

import pytest

from service.wiring import add_merchant

VALID = {"amount": 1250, "currency": "EUR", "payment_method": "pm_card_visa"}


async def test_a_payment_is_accepted_with_its_location_and_shown_there(bench):
    accepted = await bench.pay(order_id="order-1", description="a book", metadata={"shelf": "3"})

    shown = (await bench.client.get(accepted.headers["Location"])).json()
    assert accepted.status_code == 202
    assert accepted.json() == {
        "id": "pay_000001",
        "object": "payment",
        "order_id": "order-1",
        "amount": 1250,
        "currency": "EUR",
        "status": "CREATED",
        "failure_reason": None,
        "amount_captured": 0,
        "amount_refunded": 0,
        "payment_method": "pm_card_visa",
        "description": "a book",
        "metadata": {"shelf": "3"},
        "created_at": "2023-11-14T22:13:20.000000Z",
        "updated_at": "2023-11-14T22:13:20.000000Z",
        "cancel_requested_at": None,
    }
    assert shown == accepted.json() | {"status": "SUCCESS", "amount_captured": 1250}


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": 0},
        {"amount": -1},
        {"amount": 100_000_000},
        {"amount": "1250"},
        {"amount": 12.5},
        {"amount": True},
        {"currency": "eur"},
        {"currency": "XXX"},
        {"currency": "ISK"},
        {"payment_method": ""},
        {"payment_method": "pm\x00"},
        {"order_id": ""},
        {"order_id": "line\nbreak"},
        {"order_id": "x" * 201},
        {"metadata": {"a": 1}},
        {"metadata": {"a": "\x00"}},
        {"metadata": {str(number): "" for number in range(51)}},
        {"description": "\ud800"},
        {"surprise": 1},
    ],
)
async def test_what_is_not_valid_is_refused_before_it_is_stored(bench, wrong):
    refused = await bench.pay(**wrong)

    books = await bench.books()
    assert refused.status_code == 400
    assert refused.json()["type"] in ("/problems/invalid-request", "/problems/malformed-body")
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert books["payments"] == books["idempotency_keys"] == []


async def test_broken_json_is_refused(bench):
    headers = {"Idempotency-Key": "k", "Content-Type": "application/json"}

    refused = await bench.client.post("/v1/payments", content=b'{"amount": ', headers=headers)

    assert refused.status_code == 400


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Bearer pk_wrong", "Basic cGtfc2hvcDo=", "pk_shop"])
async def test_without_a_valid_api_key_nothing_is_answered(bench, header):
    bench.client.headers["Authorization"] = header

    answers = [
        await bench.pay(),
        await bench.refund("pay_1"),
        await bench.client.get("/v1/payments"),
        await bench.client.get("/v1/payments/pay_1"),
        await bench.client.get("/v1/payments/pay_1/history"),
        await bench.client.get("/v1/payments/pay_1/refunds"),
    ]

    assert [answer.status_code for answer in answers] == [401] * 6
    assert answers[0].headers["WWW-Authenticate"] == "Bearer"
    assert (await bench.books())["payments"] == []


async def test_merchants_do_not_see_each_other(bench):
    payment_id = (await bench.pay()).json()["id"]
    await add_merchant(bench.database, merchant_id="other", name="Other", api_key="pk_other")
    bench.client.headers["Authorization"] = "Bearer pk_other"

    answers = [
        await bench.client.get(f"/v1/payments/{payment_id}"),
        await bench.client.get(f"/v1/payments/{payment_id}/history"),
        await bench.client.get(f"/v1/payments/{payment_id}/refunds"),
        await bench.refund(payment_id),
    ]

    assert [answer.status_code for answer in answers] == [404] * 4
    assert (await bench.client.get("/v1/payments")).json()["data"] == []


async def test_the_list_is_paged_newest_first_without_gaps_or_repeats(bench):
    made = []
    for number in range(5):
        bench.clock.advance(number % 2)  # two of them in one microsecond
        made.append((await bench.pay(key=f"key-{number}")).json()["id"])

    seen, cursor = [], None
    for _ in range(3):
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await bench.client.get("/v1/payments", params=query)).json()
        seen += [one["id"] for one in page["data"]]
        cursor = page["next_cursor"]

    assert seen == made[::-1]
    assert (page["has_more"], cursor) == (False, None)


async def test_the_list_is_filtered(bench):
    await bench.pay(key="one", order_id="order-1")
    bench.clock.advance(10)
    bench.psp.script("create_payment", "decline")
    await bench.pay(key="two", order_id="order-2")

    async def listed(**query):
        found = (await bench.client.get("/v1/payments", params=query)).json()["data"]
        return [one["order_id"] for one in found]

    assert await listed(status="FAILED") == ["order-2"]
    assert await listed(order_id="order-1") == ["order-1"]
    assert await listed(created_from="2023-11-14T22:13:30Z") == ["order-2"]
    assert await listed(created_until="2023-11-14T22:13:30Z") == ["order-1"]
    assert await listed(status="SUCCESS", order_id="order-2") == []


async def test_all_payments_of_an_order_are_listed_those_that_failed_and_the_one_that_did_not(bench):
    for number, behaviour in enumerate(("decline", "decline", "ok")):
        bench.psp.script("create_payment", behaviour)
        await bench.pay(key=f"key-{number}", order_id="order-1")
        bench.clock.advance(1)
    await bench.pay(key="another", order_id="order-2")

    found = (await bench.client.get("/v1/payments", params={"order_id": "order-1"})).json()["data"]

    assert [one["status"] for one in found] == ["SUCCESS", "FAILED", "FAILED"]


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "cursor=x", "cursor=MTp4Og==", "status=DONE", "created_from=monday", "other=1"]
)
async def test_a_list_query_that_makes_no_sense_is_refused(bench, query):
    assert (await bench.client.get(f"/v1/payments?{query}")).status_code == 400


async def test_the_history_tells_every_move(bench):
    payment_id = (await bench.pay()).json()["id"]

    history = (await bench.client.get(f"/v1/payments/{payment_id}/history")).json()

    assert history["object"] == "list"
    assert history["data"] == [
        {"from": None, "to": "CREATED", "reason": "accepted", "source": "api", "at": "2023-11-14T22:13:20.000000Z"},
        {"from": "CREATED", "to": "PROCESSING", "reason": "sent", "source": "dispatch", "at": history["data"][1]["at"]},
        {
            "from": "PROCESSING",
            "to": "SUCCESS",
            "reason": "captured",
            "source": "dispatch",
            "at": history["data"][2]["at"],
        },
    ]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/payments/pay_none", 404),
        ("GET", "/v1/payments/pay%00", 400),
        ("GET", "/v1/payments/pay_none/history", 404),
        ("GET", "/v1/payments/pay_none/refunds", 404),
        ("GET", "/v1/payments/pay_none/refunds/ref_none", 404),
        ("GET", "/nowhere", 404),
        ("DELETE", "/v1/payments", 405),
    ],
)
async def test_what_is_not_there_is_a_problem_too(bench, method, path, status):
    answer = await bench.client.request(method, path)

    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/v1/payments", "/webhooks/psp"])
async def test_a_body_that_is_too_large_is_refused(bench, path):
    async def drip():
        for _ in range(70):
            yield b"x" * 1000

    told = await bench.client.post(path, content=b"x" * 65_537)
    untold = await bench.client.post(path, content=drip())

    assert told.status_code == untold.status_code == 413


async def test_the_service_is_healthy_and_ready(bench):
    assert (await bench.client.get("/healthz")).json() == {"status": "ok"}
    assert (await bench.client.get("/readyz")).json() == {"status": "ready"}


async def test_without_a_database_the_service_is_healthy_but_not_ready(bench):
    lost = await bench.another(database_url="postgresql+asyncpg://postgres@/none?host=/nowhere")

    assert (await lost.client.get("/healthz")).status_code == 200
    assert (await lost.client.get("/readyz")).status_code == 503


async def test_an_api_key_that_was_removed_stops_working_soon(bench):
    await bench.client.get("/v1/payments")
    await bench.run_sql("UPDATE api_keys SET revoked_at_us = 1")

    at_once = await bench.client.get("/v1/payments")
    bench.clock.advance(60)
    later = await bench.client.get("/v1/payments")

    assert (at_once.status_code, later.status_code) == (200, 401)
