"""What operators rely on: readiness, back-pressure, and an end to what is old."""

import asyncio

import pytest
from sqlalchemy import text

from service.admission import Admission
from service.answers import answer_response
from service.problems import Problem
from service.store.revision import REVISION

DAY_S = 86_400


@pytest.mark.parametrize(
    ("statement", "word"),
    [
        ("DROP TABLE alembic_version", "has no schema"),
        ("DELETE FROM alembic_version", "has no schema"),
        ("UPDATE alembic_version SET version_num = '0001'", f"at revision 0001 and must be at {REVISION}"),
    ],
)
async def test_a_schema_that_is_behind_is_not_ready_and_says_so(bench, statement, word):
    await bench.run_sql(statement)

    answer = await bench.client.get("/readyz")

    assert answer.status_code == 503
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert word in answer.json()["detail"]
    assert "paystorm migrate" in answer.json()["detail"]


async def test_a_schema_that_is_ahead_is_ready_because_releases_overlap(bench):
    await bench.run_sql("UPDATE alembic_version SET version_num = '9999'")

    assert (await bench.client.get("/readyz")).json() == {"status": "ready"}


async def test_more_requests_than_agreed_are_turned_away_at_once(bench):
    small = await bench.another(requests_in_flight_max=2)
    async with bench.database.connect() as connection:
        await connection.execute(text("LOCK TABLE payments"))  # everybody waits
        waiting = [asyncio.create_task(small.pay(key=f"key-{number}")) for number in range(2)]
        await asyncio.sleep(0.1)

        refused = await small.pay(key="one-too-many")
        alive = await small.client.get("/healthz")

    assert (refused.status_code, refused.json()["type"]) == (503, "/problems/busy")
    assert refused.headers["Retry-After"] == "1"
    assert alive.status_code == 200
    assert {answer.status_code for answer in await asyncio.gather(*waiting)} <= {202, 409}
    assert (await small.pay(key="one-too-many")).status_code == 202


async def test_a_request_counts_until_its_answer_is_out_and_not_while_the_psp_is_slow(bench):
    small = await bench.another(requests_in_flight_max=1)
    bench.psp.script("create_payment", "hold")
    paying = asyncio.create_task(small.pay())
    gate = await bench.psp.held.get()  # the answer is out, the dispatch is under way

    answer = await small.client.get("/v1/payments")

    gate.set()
    await paying
    assert answer.status_code == 200


async def test_a_request_that_breaks_gives_its_place_back():
    async def broken(*_):
        raise RuntimeError

    async def fine(*arguments):
        await answer_response(Problem.NOT_FOUND.answer("x"))(*arguments)

    admission = Admission(broken, in_flight_max=1)
    sent = []

    async def send(message):
        sent.append(message)

    for _ in range(3):
        with pytest.raises(RuntimeError):
            await admission({"type": "http", "path": "/"}, None, send)
    admission._app = fine
    await admission({"type": "http", "path": "/", "headers": []}, None, send)

    assert sent[0]["status"] == 404


async def test_more_dispatches_than_agreed_are_left_to_the_worker(bench):
    small = await bench.another(dispatches_max=1)
    bench.psp.script("create_payment", "hold")
    paying = asyncio.create_task(small.pay(key="first"))
    gate = await bench.psp.held.get()

    second = (await small.pay(key="second")).json()
    before = (await small.read(second["id"]))["status"]
    gate.set()
    await paying
    await small.heal()

    assert before == "CREATED"
    assert await small.history(second["id"]) == [("CREATED", "api"), ("PROCESSING", "worker"), ("SUCCESS", "worker")]


async def test_expired_keys_are_purged_in_batches_and_live_ones_kept(bench):
    small = await bench.another(purge_batch=2)
    for number in range(5):
        await small.pay(key=f"old-{number}")
    small.clock.advance(DAY_S)
    await small.pay(key="new")
    await small.service.worker.tick()  # from which it waits for up to an hour
    small.clock.advance(3600)

    left = []
    for _ in range(4):
        await small.service.worker.tick()
        left.append(len((await small.books())["idempotency_keys"]))

    assert left == [4, 2, 1, 1]
    assert [one["key"] for one in (await small.books())["idempotency_keys"]] == ["new"]


async def test_old_events_are_purged_and_parked_ones_never(bench):
    small = await bench.another(purge_batch=2, inbox_retention_s=10 * DAY_S)
    await bench.pay()
    (captured,) = bench.psp.captured()
    for number in range(3):
        await bench.tell("payment_intent.succeeded", captured, event_id=f"evt_old_{number}")
    await bench.run_sql(
        "INSERT INTO inbox SELECT 'evt_parked', type, 'pi_x', payload, 'parked', received_at_us, NULL, 9e15, 0, NULL"
        " FROM inbox LIMIT 1"
    )
    small.clock.advance(11 * DAY_S)
    await bench.tell("payment_intent.succeeded", captured, event_id="evt_new")

    await small.service.worker.tick()
    small.clock.advance(3600)
    for _ in range(2):
        await small.service.worker.tick()

    assert {one["event_id"] for one in (await small.books())["inbox"]} == {"evt_parked", "evt_new"}


async def test_a_purge_leaves_alone_what_somebody_holds(bench):
    await bench.pay()
    bench.clock.advance(DAY_S)
    async with bench.database.begin() as connection:
        await connection.execute(text("SELECT FROM idempotency_keys FOR UPDATE"))
        await bench.service.worker.tick()

    assert len((await bench.books())["idempotency_keys"]) == 1
    bench.clock.advance(3600)
    await bench.service.worker.tick()
    assert (await bench.books())["idempotency_keys"] == []


@pytest.mark.slow
async def test_a_worker_that_is_told_to_stop_finishes_what_it_holds_and_begins_nothing(bench, no_fast_path):
    dead = await bench.another(parts=no_fast_path, worker_lanes=1)
    payments = [(await dead.pay(key=f"key-{number}")).json()["id"] for number in range(2)]
    bench.clock.advance(bench.settings.dispatch_grace_s + 1)
    bench.psp.script("create_payment", "hold")
    worker = (await bench.another(worker_lanes=1)).service.worker
    working = asyncio.create_task(worker.run())
    gate = await bench.psp.held.get()

    worker.stop(working)
    gate.set()
    await working

    assert [(await bench.read(one))["status"] for one in payments] == ["SUCCESS", "CREATED"]


@pytest.mark.parametrize("before_s", [0, 0.2], ids=["while it looks", "while it rests"])
async def test_a_worker_that_has_nothing_to_do_stops_at_once(bench, before_s):
    working = asyncio.create_task(bench.service.worker.run())
    await asyncio.sleep(before_s)

    bench.service.worker.stop(working)

    (done, _) = await asyncio.wait({working}, timeout=bench.settings.worker_period_s / 2)
    assert done == {working}
