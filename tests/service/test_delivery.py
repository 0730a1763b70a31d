"""Events reach their merchants at least once, provably from us, and nobody waits for a merchant who is slow."""

import asyncio
import json
import time
from datetime import UTC, datetime

import httpx
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from engine.outgoing import EchoKind

SCHEDULE_S = (5, 300, 1800)


@pytest.fixture
async def quick(bench):
    """A bench with a short schedule, on the same database."""
    return await bench.another(event_schedule_s=SCHEDULE_S)


async def one_event(bench):
    """Let exactly one event be due, and return its id."""
    bench.psp.script("create_payment", "timeout_before")
    payment_id = (await bench.pay()).json()["id"]
    await bench.deliver()
    bench.listener.heard.clear()
    await bench.run_sql("DELETE FROM outgoing_events")
    bench.clock.advance(60)
    await bench.service.worker.tick()
    await bench.service.worker.postman.finish()
    return f"evt_{payment_id}_3"


async def test_what_is_sent_is_believed_by_the_reference_library(bench):
    bench.clock.at_us = time.time_ns() // 1000  # the library asks the wall clock
    endpoint = await bench.listen()
    payment_id = (await bench.pay(metadata={"text": 'ä"\\ \u00a0'})).json()["id"]

    await bench.deliver()

    webhook = Webhook(endpoint["secret"])
    told = [webhook.verify(one.content, dict(one.headers)) for one in bench.listener.heard]
    assert sorted(one["type"] for one in told) == ["payment.created", "payment.processing", "payment.succeeded"]
    newest = max(told, key=lambda one: one["sequence"])
    assert newest["data"] == await bench.read(payment_id)
    assert newest | {"data": None} == {
        "id": f"evt_{payment_id}_3",
        "object": "event",
        "type": "payment.succeeded",
        "timestamp": newest["data"]["updated_at"],
        "sequence": 3,
        "data": None,
    }
    for one in bench.listener.heard:
        assert one.headers["webhook-id"] == json.loads(one.content)["id"]
        with pytest.raises(WebhookVerificationError):
            webhook.verify(one.content + b" ", dict(one.headers))
        with pytest.raises(WebhookVerificationError):
            webhook.verify(one.content, dict(one.headers) | {"webhook-id": "evt_other"})
        with pytest.raises(WebhookVerificationError):
            Webhook("whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").verify(one.content, dict(one.headers))


async def test_while_a_secret_is_being_changed_both_are_believed_and_then_only_the_new_one(bench):
    now_us = bench.clock.at_us = time.time_ns() // 1000
    old = await bench.listen()
    answer = await bench.client.post(f"/v1/endpoints/{old['id']}/secret", headers={"Idempotency-Key": "rotate"})
    new = answer.json()
    await bench.pay()
    await bench.deliver()
    (request, *_), bench.listener.heard[:] = list(bench.listener.heard), []

    for endpoint in (old, new):
        Webhook(endpoint["secret"]).verify(request.content, dict(request.headers))
    bench.clock.advance(bench.settings.event_secret_overlap_s)
    await bench.client.post(f"/v1/events/{request.headers['webhook-id']}/resend")
    await bench.deliver()

    again = bench.listener.heard[0]
    headers = dict(again.headers)
    assert len(headers["webhook-signature"].split()) == 1
    expected = Webhook(new["secret"]).sign(
        headers["webhook-id"], _moment(int(headers["webhook-timestamp"])), again.content.decode()
    )
    assert headers["webhook-signature"] == expected
    assert bench.clock.at_us > now_us


def _moment(at_s):
    return datetime.fromtimestamp(at_s, tz=UTC)


async def test_a_merchant_who_refuses_is_asked_on_the_schedule_and_then_given_up(quick):
    await quick.listen()
    event_id = await one_event(quick)
    quick.listener.heard.clear()
    quick.listener.script.extend([500, 404, 302, 503, 200])
    await quick.client.post(f"/v1/events/{event_id}/resend")

    waits_s, told = [], []
    for _ in range(len(SCHEDULE_S) + 1):
        await quick.deliver()
        (delivery,) = await quick.deliveries()
        told.append((delivery["state"], delivery["tries"], delivery["status"], delivery["echo"]))
        if delivery["due_at_us"] is not None:
            waits_s.append((delivery["due_at_us"] - quick.clock.now_us()) / 1e6)
            quick.clock.at_us = delivery["due_at_us"] - 1
            await quick.deliver()  # too early
            quick.clock.at_us += 1
    quick.clock.advance(86_400)
    await quick.deliver()

    assert told == [
        ("pending", 1, 500, "refused"),
        ("pending", 2, 404, "refused"),
        ("pending", 3, 302, "refused"),
        ("dead", 4, 503, "refused"),
    ]
    assert [0.8 <= wait_s / wanted_s <= 1.2 for wait_s, wanted_s in zip(waits_s, SCHEDULE_S, strict=True)] == [True] * 3
    assert quick.listener.ids() == [event_id] * 4  # nobody went where the redirect pointed
    assert len({one.content for one in quick.listener.heard}) == 1


async def test_what_is_dead_is_listed_and_sent_again(quick):
    endpoint = await quick.listen()
    event_id = await one_event(quick)
    await quick.run_sql("UPDATE deliveries SET state = 'dead', due_at_us = NULL, tries = 10")
    quick.listener.heard.clear()

    dead = (await quick.client.get("/v1/events?delivery=dead")).json()["data"]
    resent = await quick.client.post(f"/v1/events/{event_id}/resend", json={"endpoint_id": endpoint["id"]})
    await quick.deliver()

    assert [one["id"] for one in dead] == [event_id]
    assert resent.status_code == 202
    assert [(one["status"], one["tries"]) for one in resent.json()["deliveries"]] == [("pending", 0)]
    assert quick.listener.ids() == [event_id]
    assert (await quick.client.get("/v1/events?delivery=dead")).json()["data"] == []
    read = (await quick.client.get(f"/v1/events/{event_id}")).json()
    assert [(one["status"], one["tries"], one["last_status"]) for one in read["deliveries"]] == [("delivered", 1, 200)]


async def test_an_endpoint_that_is_gone_is_disabled_and_what_waits_for_it_dies_unsent(quick):
    endpoint = await quick.listen()
    quick.listener.script.extend([500, 500, 500])
    await quick.pay()
    await quick.deliver()
    quick.listener.heard.clear()
    quick.listener.script.append(410)
    (lane_one,) = [await quick.another(event_schedule_s=SCHEDULE_S, event_lanes=1)]
    quick.clock.advance(10)

    await lane_one.deliver()

    read = (await quick.client.get(f"/v1/endpoints/{endpoint['id']}")).json()
    assert (read["status"], read["disabled_reason"]) == ("disabled", "it answered 410 Gone")
    assert len(quick.listener.heard) == 1
    found = await quick.deliveries()
    assert {one["state"] for one in found} == {"dead"}
    assert sorted(one["echo"] for one in found) == ["disabled", "disabled", "gone"]
    refused = await quick.client.post(f"/v1/events/{found[0]['event_id']}/resend")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/nobody-listens")


async def test_an_endpoint_that_has_moved_meanwhile_is_not_disabled_by_its_old_address(bench):
    endpoint = await bench.listen()
    await bench.pay()
    claimed = await bench.service.usecases.deliver_event.claim(apart_from=())
    bench.listener.script.append(410)
    await bench.client.patch(f"/v1/endpoints/{endpoint['id']}", json={"url": "https://shop.example/new"})

    await bench.service.usecases.deliver_event.carry(claimed)

    assert (await bench.client.get(f"/v1/endpoints/{endpoint['id']}")).json()["status"] == "enabled"


async def test_no_answer_is_unknown_and_the_endpoint_is_left_alone_for_a_while(bench):
    await bench.listen()
    bench.listener.names["other.example"] = ["93.184.215.15"]
    await bench.listen("http://other.example/", key="listen-2")
    single = await bench.another(event_lanes=1)
    await bench.pay()
    bench.listener.script.append("timeout")

    await single.deliver()

    first = bench.listener.heard[0].headers["Host"]
    hosts = [one.headers["Host"] for one in bench.listener.heard]
    assert hosts == [first] + [one for one in ("shop.example", "other.example") if one != first] * 3
    assert [one["echo"] for one in await bench.deliveries()].count("unanswered") == 1
    bench.clock.advance(bench.settings.event_rest_s)
    await single.deliver()
    assert [one["state"] for one in await bench.deliveries()] == ["delivered"] * 6


async def test_whatever_the_network_does_is_tried_again(bench):
    await bench.listen()
    for number, error in enumerate((httpx.ConnectError("no"), httpx.RemoteProtocolError("no"), httpx.ReadError("no"))):
        await bench.pay(key=f"key-{number}")
        bench.listener.script.append(error)

        await bench.deliver()
        bench.clock.advance(120)
        await bench.deliver()

    assert [one["state"] for one in await bench.deliveries()] == ["delivered"] * 9
    assert sorted(one["tries"] for one in await bench.deliveries()) == [1] * 6 + [2] * 3


async def test_a_merchant_who_never_answers_holds_nobody_up(bench, no_fast_path):
    await bench.listen()
    dying = await bench.another(parts=no_fast_path, event_timeout_s=0.2)
    payment_id = (await dying.pay()).json()["id"]
    bench.listener.script.extend(["hold"] * 10)
    bench.clock.advance(20)

    await asyncio.wait_for(dying.service.worker.tick(), 1)  # while the merchant has been asked
    await bench.listener.held.get()
    meanwhile = (await bench.read(payment_id))["status"]
    await asyncio.wait_for(dying.service.worker.postman.finish(), 3)

    assert meanwhile == "SUCCESS"
    assert (await bench.deliveries())[0]["note"] == "no answer within 0.2 s"


async def test_one_endpoint_never_has_more_than_half_of_the_lanes(bench):
    await bench.listen()
    await bench.pay(key="1")
    await bench.pay(key="2")
    four = await bench.another(event_lanes=4)
    bench.listener.script.extend(["hold"] * 6)

    await four.service.worker.tick()
    gates = [await bench.listener.held.get() for _ in range(2)]
    await asyncio.sleep(0.1)
    at_once = len(bench.listener.heard)
    bench.listener.script.clear()
    for gate in gates:
        gate.set()
    await four.service.worker.postman.finish()

    assert at_once == 2
    assert len(set(bench.listener.ids())) == 6


async def test_two_workers_at_once_send_each_event_once(bench):
    await bench.listen()
    for number in range(4):
        await bench.pay(key=f"key-{number}")
    other = await bench.another()

    await asyncio.gather(bench.deliver(), other.deliver())

    assert len(bench.listener.ids()) == 12
    assert len(set(bench.listener.ids())) == 12
    assert {one["tries"] for one in await bench.deliveries()} == {1}


async def test_death_before_the_sending_leaves_a_lease_that_ends(bench):
    await bench.listen()
    await bench.pay()
    deliver_event = bench.service.usecases.deliver_event
    claimed = await deliver_event.claim(apart_from=())  # and the process dies

    await bench.deliver()
    under_lease = claimed.event.id in bench.listener.ids()
    bench.clock.advance(bench.settings.event_lease_us / 1e6)
    await bench.deliver()

    assert not under_lease
    assert sorted(set(bench.listener.ids())) == sorted(bench.listener.ids())
    assert claimed.event.id in bench.listener.ids()


async def test_death_between_the_answer_and_its_record_sends_the_same_event_again(bench):
    await bench.listen()
    await bench.pay()
    deliver_event = bench.service.usecases.deliver_event
    claimed = await deliver_event.claim(apart_from=())
    echo = await deliver_event.courier.deliver(claimed)  # and the process dies

    bench.clock.advance(bench.settings.event_lease_us / 1e6)
    await bench.deliver()

    assert echo.kind is EchoKind.ACCEPTED
    assert bench.listener.ids().count(claimed.event.id) == 2
    first, second = (one for one in bench.listener.heard if one.headers["webhook-id"] == claimed.event.id)
    assert first.content == second.content
    assert first.headers["webhook-timestamp"] != second.headers["webhook-timestamp"]
    assert {one["state"] for one in await bench.deliveries()} == {"delivered"}


async def test_death_while_the_merchant_is_asked(bench):
    await bench.listen()
    await bench.pay()
    bench.listener.script.append("hold")
    single = await bench.another(event_lanes=1)
    await single.service.worker.tick()
    await bench.listener.held.get()
    single.service.worker.postman._round.cancel()
    with pytest.raises(asyncio.CancelledError):
        await single.service.worker.postman.finish()

    bench.clock.advance(bench.settings.event_lease_us / 1e6)
    await bench.deliver()

    assert {one["state"] for one in await bench.deliveries()} == {"delivered"}


async def test_whoever_slept_longer_than_its_lease_may_say_yes_but_not_no(bench):
    await bench.listen()
    await bench.pay()
    deliver_event = bench.service.usecases.deliver_event
    sleeper = await deliver_event.claim(apart_from=())
    bench.clock.advance(bench.settings.event_lease_us / 1e6)
    others = [await deliver_event.claim(apart_from=()) for _ in range(3)]
    successor = next(one for one in others if one.event.id == sleeper.event.id)
    bench.listener.script.append(500)

    await deliver_event.carry(sleeper)
    held = _of(await bench.deliveries(), sleeper)
    await deliver_event.carry(sleeper)  # this time it is a yes
    after = _of(await bench.deliveries(), sleeper)
    bench.listener.script.append(500)
    await deliver_event.carry(successor)  # too late to unsay it

    assert (held["state"], held["tries"], held["lease_until_us"] is None) == ("pending", 2, False)
    assert after["state"] == "delivered"
    assert _of(await bench.deliveries(), sleeper) == after


def _of(deliveries, claimed):
    return next(one for one in deliveries if one["event_id"] == claimed.event.id)


async def test_the_database_may_vanish_and_nothing_is_lost(bench):
    await bench.listen()
    await bench.pay()
    bench.listener.script.append("hold")
    single = await bench.another(event_lanes=1)
    await single.service.worker.tick()
    gate = await bench.listener.held.get()
    await bench.run_sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE pid <> pg_backend_pid() AND datname = current_database()"
    )
    gate.set()
    await single.service.worker.postman.finish()

    bench.clock.advance(bench.settings.event_lease_us / 1e6)
    await single.deliver()

    assert {one["state"] for one in await bench.deliveries()} == {"delivered"}


async def test_a_worker_that_is_told_to_stop_finishes_what_it_is_sending_and_begins_nothing(bench):
    await bench.listen()
    await bench.pay()
    bench.listener.script.append("hold")
    single = await bench.another(event_lanes=1)
    working = asyncio.create_task(single.service.worker.run())
    gate = await bench.listener.held.get()
    await asyncio.sleep(0.1)  # it rests by now

    single.service.worker.stop(working)
    gate.set()
    await asyncio.gather(working, return_exceptions=True)

    assert sorted(one["state"] for one in await bench.deliveries()) == ["delivered", "pending", "pending"]


async def test_a_tick_with_nothing_to_tell_sends_one_statement(bench):
    await bench.listen()
    await bench.pay()
    await bench.deliver()
    statements = bench.count_statements()

    await bench.deliver()

    assert len(statements) == 1


async def test_what_was_told_long_ago_is_forgotten_with_its_deliveries_in_batches(bench):
    small = await bench.another(purge_batch=2)
    await bench.listen()
    await bench.pay(key="old")
    await bench.deliver()
    bench.clock.advance(bench.settings.event_retention_s + 1)
    await bench.pay(key="new")

    more = [(await small.service.worker.tick()).has_more for _ in range(3)]
    await small.service.worker.postman.finish()

    assert more == [True, False, False]
    left = (await bench.client.get("/v1/events")).json()["data"]
    assert len(left) == len(await bench.deliveries()) == 3
    assert all(one["status"] == "delivered" for event in left for one in event["deliveries"])


async def test_an_event_that_speaks_of_what_the_books_said_then_agrees_with_them_later(bench):
    await bench.listen()
    bench.listener.script.extend([500] * 3)
    payment_id = (await bench.pay()).json()["id"]
    await bench.deliver()
    await bench.refund(payment_id)
    bench.clock.advance(60)
    bench.listener.heard.clear()

    await bench.deliver()

    history = (await bench.client.get(f"/v1/payments/{payment_id}/history")).json()["data"]
    payments = {one["sequence"]: one for one in bench.listener.events() if one["data"]["object"] == "payment"}
    assert [payments[number]["data"]["status"] for number in (1, 2, 3, 4)] == [one["to"] for one in history]
    assert [payments[number]["timestamp"] for number in (1, 2, 3, 4)] == [one["at"] for one in history]
    refunds = [one["data"] for one in bench.listener.events() if one["data"]["object"] == "refund"]
    assert refunds == (await bench.client.get(f"/v1/payments/{payment_id}/refunds")).json()["data"]
