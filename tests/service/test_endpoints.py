"""Merchants open, change and delete endpoints; a secret is shown when it is made and never again."""

import asyncio
import base64
import logging

from sqlalchemy import text

from engine.outgoing import ENDPOINTS_MAX


async def post(bench, url, *, key="key", path="/v1/endpoints", **members):
    return await bench.client.post(path, json={"url": url} | members, headers={"Idempotency-Key": key})


async def test_an_endpoint_is_opened_read_and_listed_and_its_secret_shown_once(bench):
    made = await post(bench, "https://shop.example/hooks?x=1")

    body = made.json()
    secret = body.pop("secret")
    assert made.status_code == 201
    assert made.headers["Location"] == f"/v1/endpoints/{body['id']}"
    assert body | {"id": "", "created_at": ""} == {
        "id": "",
        "object": "endpoint",
        "url": "https://shop.example/hooks?x=1",
        "status": "enabled",
        "disabled_reason": None,
        "created_at": "",
    }
    assert secret.startswith("whsec_")
    assert len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) == 32
    read = await bench.client.get(made.headers["Location"])
    listed = await bench.client.get("/v1/endpoints")
    assert read.json() == body
    assert listed.json()["data"] == [body]
    assert secret not in read.text + listed.text


async def test_the_same_key_opens_one_endpoint_and_gets_the_first_answer(bench):
    first = await post(bench, "https://shop.example/")
    again = await post(bench, "https://shop.example/")
    bench.listener.names.clear()
    unknown_by_now = await post(bench, "https://shop.example/")
    other = await post(bench, "https://shop.example/other")

    assert first.content == again.content == unknown_by_now.content
    assert again.headers["Idempotent-Replayed"] == "true"
    assert other.status_code == 422
    assert len((await bench.client.get("/v1/endpoints")).json()["data"]) == 1
    assert (await bench.client.post("/v1/endpoints", json={"url": "https://shop.example/"})).status_code == 400


async def test_an_endpoint_moves_rests_and_listens_again(bench):
    path = f"/v1/endpoints/{(await bench.listen())['id']}"

    moved = await bench.client.patch(path, json={"url": "http://shop.example:8080/", "status": "disabled"})
    await bench.pay(key="while-disabled")
    enabled = await bench.client.patch(path, json={"status": "enabled"})
    await bench.pay(key="afterwards")
    await bench.deliver()

    assert moved.json()["url"] == "http://shop.example:8080/"
    assert (moved.json()["status"], moved.json()["disabled_reason"]) == ("disabled", "by the merchant")
    assert (enabled.json()["status"], enabled.json()["disabled_reason"]) == ("enabled", None)
    assert [str(one.url) for one in bench.listener.heard] == ["http://93.184.215.14:8080/"] * 3
    assert {one.headers["Host"] for one in bench.listener.heard} == {"shop.example:8080"}


async def test_a_deleted_endpoint_is_forgotten_and_told_nothing(bench):
    endpoint = await bench.listen()
    path = f"/v1/endpoints/{endpoint['id']}"
    await bench.pay()

    assert (await bench.client.delete(path)).status_code == 204
    await bench.deliver()

    assert bench.listener.heard == []
    assert {(one["state"], one["echo"]) for one in await bench.deliveries()} == {("dead", "disabled")}
    assert (await bench.client.get("/v1/endpoints")).json()["data"] == []
    for method in ("GET", "DELETE"):
        assert (await bench.client.request(method, path)).status_code == 404
    assert (await bench.client.patch(path, json={"status": "enabled"})).status_code == 404
    assert (await post(bench, None, path=f"{path}/secret")).status_code == 404
    async with bench.database.connect() as connection:
        stored = (await connection.execute(text("SELECT to_jsonb(endpoints) FROM endpoints"))).scalar_one()
    assert {name for name, value in stored.items() if value is not None} == {
        "id",
        "merchant_id",
        "state",
        "created_at_us",
    }


async def test_a_merchant_has_so_many_endpoints_and_no_more_also_when_all_are_opened_at_once(bench):
    answers = await asyncio.gather(
        *(post(bench, "https://shop.example/", key=f"key-{number}") for number in range(ENDPOINTS_MAX + 2))
    )
    # Whoever waited longer than the lock timeout comes again.
    busy = [number for number, answer in enumerate(answers) if answer.json().get("title", "").startswith("The first")]
    for number in busy:
        answers[number] = await post(bench, "https://shop.example/", key=f"key-{number}")

    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [201] * ENDPOINTS_MAX + [409] * 2
    assert len((await bench.client.get("/v1/endpoints")).json()["data"]) == ENDPOINTS_MAX


NO_REQUESTS = (
    {},
    {"url": ""},
    {"url": 7},
    {"url": "https://shop.example/" + "x" * 2048},
    {"url": "https://shop.example/a b"},
    {"url": "https://shop.example/\u00e4"},
    {"url": "https://shop.example/\n"},
    {"url": "https://shop.example/", "secret": "whsec_mine"},
)
NO_CHANGES = ({}, {"url": None}, {"status": "deleted"}, {"status": True}, {"secret": "whsec_mine"})


async def test_what_is_no_request_is_refused(bench):
    path = f"/v1/endpoints/{(await bench.listen())['id']}"

    opened = [
        await bench.client.post("/v1/endpoints", json=body, headers={"Idempotency-Key": "key"}) for body in NO_REQUESTS
    ]
    changed = [await bench.client.patch(path, json=body) for body in NO_CHANGES]

    for answer in opened + changed:
        assert (answer.status_code, answer.json()["type"]) == (400, "/problems/invalid-request")


async def test_events_are_listed_newest_first_filtered_and_paged(bench):
    await bench.listen()
    paid = [(await bench.pay(key=f"key-{number}")).json()["id"] for number in range(2)]

    everything = (await bench.client.get("/v1/events")).json()["data"]
    pages, cursor = [], None
    while True:
        query = {"limit": 4} | ({"cursor": cursor} if cursor else {})
        page = (await bench.client.get("/v1/events", params=query)).json()
        pages.append(page["data"])
        if not (cursor := page["next_cursor"]):
            break
    of_payment = (await bench.client.get("/v1/events", params={"payment_id": paid[0]})).json()["data"]
    of_type = (await bench.client.get("/v1/events?type=payment.succeeded&delivery=pending")).json()["data"]

    assert [len(page) for page in pages] == [4, 2]
    assert sum(pages, []) == everything  # noqa: RUF017 - two pages
    assert [one["id"] for one in everything] == sorted((one["id"] for one in everything), reverse=True)
    assert {one["id"] for one in of_payment} == {f"evt_{paid[0]}_{number}" for number in (1, 2, 3)}
    assert {one["id"] for one in of_type} == {f"evt_{one}_3" for one in paid}
    assert (await bench.client.get("/v1/events?delivery=delivered")).json()["data"] == []
    assert (await bench.client.get("/v1/events?type=payment.exploded")).status_code == 400


async def test_an_endpoint_that_was_not_there_can_be_sent_what_happened_before(bench):
    await bench.listen()
    payment_id = (await bench.pay()).json()["id"]
    await bench.deliver()
    later = await bench.listen("https://shop.example/later", key="later")
    bench.listener.heard.clear()

    resent = await bench.client.post(f"/v1/events/evt_{payment_id}_3/resend", json={"endpoint_id": later["id"]})
    await bench.deliver()

    assert resent.status_code == 202
    assert [(one.url.path, one.headers["webhook-id"]) for one in bench.listener.heard] == [
        ("/later", f"evt_{payment_id}_3")
    ]
    assert (await bench.client.post("/v1/events/evt_nothing_1/resend")).status_code == 404


async def test_no_secret_is_in_a_log(bench, caplog):
    caplog.set_level(logging.DEBUG)
    endpoint = await bench.listen()
    bench.listener.script.extend(["timeout", 500, 410])
    await bench.pay()
    for _ in range(3):
        await bench.deliver()
        bench.clock.advance(60)

    ours = [one.getMessage() for one in caplog.records if one.name.partition(".")[0] in ("engine", "service")]
    assert ours
    assert [line for line in ours if endpoint["secret"] in line or "/hooks" in line] == []
