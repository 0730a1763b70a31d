"""Faults of the reply: each bites as its docstring says, and leaves everybody else alone."""

import asyncio
import json

import httpx
import pytest

from psp_chaos.faults import MENU


def bite(world):
    (only,) = world.bites
    return only


async def cut(request):
    """Expect this request to be cut and return how long that took."""
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    with pytest.raises(httpx.RemoteProtocolError):
        await request
    return loop.time() - began_s


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_error_before_answers_an_error_and_does_nothing(world, status):
    world.install("error-before", nth=[1], parameters={"status": status, "retry_after_s": 3})

    failed = await world.pay(key="k")

    assert failed.status_code == status
    assert failed.headers["Retry-After"] == "3"
    assert world.payments == []
    assert (await world.pay(key="k")).json()["status"] == "succeeded"
    assert (bite(world).target, bite(world).object_id) == ("create_payment", None)


async def test_error_before_gives_no_retry_after_unless_told(world):
    world.install("error-before")

    failed = await world.pay()

    assert failed.status_code == 503
    assert "Retry-After" not in failed.headers


async def test_drop_before_cuts_the_connection_and_does_nothing(world):
    world.install("drop-before", nth=[1])

    took_s = await cut(world.pay(key="k"))

    assert took_s == 0
    assert world.payments == []
    assert "Idempotent-Replayed" not in (await world.pay(key="k")).headers


async def test_hang_before_keeps_silent_and_does_nothing(world):
    world.install("hang-before", nth=[1], parameters={"hang_s": 90})
    hanging = asyncio.create_task(cut(world.pay(key="k")))
    await asyncio.sleep(10)

    meanwhile = await world.pay(key="k")

    assert meanwhile.json()["status"] == "succeeded"
    assert await hanging == 90
    assert len(world.payments) == 1


async def test_slow_works_longer_and_keeps_the_key_in_use(world):
    world.install("slow", nth=[1], parameters={"delay_s": [20, 20]})
    working = asyncio.create_task(world.pay(key="k"))
    await asyncio.sleep(19)

    busy = await world.pay(key="k")
    listed_meanwhile = world.payments
    answer = await working

    assert busy.status_code == 409
    assert listed_meanwhile == []
    assert answer.json()["status"] == "succeeded"
    assert world.now_s == 20
    assert bite(world).detail["delay_s"] == 20


async def test_slow_faults_add_up_and_let_later_faults_answer(world):
    world.install("slow", name="one", parameters={"delay_s": [5, 5]})
    world.install("slow", name="two", parameters={"delay_s": [7, 7]})
    world.install("drop-after", name="three")

    took_s = await cut(world.pay())

    assert took_s == 12
    assert [bitten.fault for bitten in world.bites] == ["one", "two", "three"]


async def test_error_after_moves_the_money_and_remembers_the_error(world):
    world.install("error-after", nth=[1])

    failed = await world.pay(key="k")
    again = await world.pay(key="k")

    assert (failed.status_code, again.status_code) == (500, 500)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert world.captured_minor == 1000
    assert bite(world).object_id == world.payments[0].id
    await world.quiet()
    assert "payment_intent.succeeded" in world.merchant.types


async def test_drop_after_moves_the_money_and_a_repetition_gets_the_answer(world):
    world.install("drop-after", nth=[1])

    await cut(world.pay(key="k"))
    again = await world.pay(key="k")

    assert again.json()["id"] == world.payments[0].id
    assert again.headers["Idempotent-Replayed"] == "true"
    assert world.captured_minor == 1000
    assert bite(world).object_id == world.payments[0].id


async def test_drop_after_may_hit_the_repetition_too(world):
    world.install("drop-after", nth=[1, 2])

    await cut(world.pay(key="k"))
    await cut(world.pay(key="k"))

    assert (await world.pay(key="k")).status_code == 200
    assert world.captured_minor == 1000


async def test_hang_after_moves_the_money_and_keeps_silent(world):
    world.install("hang-after", nth=[1], parameters={"hang_s": 90})
    hanging = asyncio.create_task(cut(world.pay(key="k")))
    await asyncio.sleep(10)

    meanwhile = await world.pay(key="k")

    assert meanwhile.headers["Idempotent-Replayed"] == "true"
    assert await hanging == 90
    assert world.captured_minor == 1000


async def test_truncated_after_sends_half_of_the_body(world):
    world.install("truncated-after", nth=[1])

    spoilt = await world.pay(key="k")
    whole = await world.pay(key="k")

    assert spoilt.status_code == 200
    assert spoilt.content == whole.content[: len(whole.content) // 2]
    with pytest.raises(json.JSONDecodeError):
        spoilt.json()
    assert world.captured_minor == 1000


async def test_html_after_sends_a_page_with_status_200(world):
    world.install("html-after", nth=[1])

    spoilt = await world.pay(key="k", card="pm_card_chargeDeclined")

    assert spoilt.status_code == 200
    assert spoilt.headers["Content-Type"].startswith("text/html")
    assert b"<html>" in spoilt.content
    assert (await world.pay(key="k", card="pm_card_chargeDeclined")).status_code == 402


async def test_late_effect_with_an_error_captures_much_later_with_its_webhook(world):
    world.install("late-effect", nth=[1], parameters={"answer": "error", "delay_s": [600, 600]})

    failed = await world.pay(key="k")
    listed = (await world.get("/v1/payment_intents")).json()["data"]
    await world.quiet()

    assert failed.status_code == 500
    assert [payment["status"] for payment in listed] == ["processing"]
    assert world.captured_minor == 1000
    assert world.payments[0].captured_at_us - world.payments[0].created_at_us == 600_000_000
    assert [(delivery.type, delivery.at_s) for delivery in world.merchant.deliveries] == [
        ("payment_intent.created", 0),
        ("payment_intent.succeeded", 600),
    ]
    assert (await world.pay(key="k")).status_code == 500


@pytest.mark.parametrize(("answer", "silent_s"), [("drop", 0), ("hang", 45)])
async def test_late_effect_may_say_nothing_and_its_replay_tells_how_things_stood_at_first(world, answer, silent_s):
    parameters = {"answer": answer, "delay_s": [600, 600], "hang_s": 45}
    world.install("late-effect", nth=[1], parameters=parameters)

    took_s = await cut(world.pay(key="k"))
    await world.quiet()

    assert took_s == silent_s
    assert (await world.pay(key="k")).json()["status"] == "processing"
    assert world.captured_minor == 1000


async def test_late_effect_may_end_in_a_decline(world):
    world.install("late-effect", nth=[1], parameters={"answer": "drop", "delay_s": [600, 600]})

    await cut(world.pay(card="pm_card_chargeDeclined"))
    await world.quiet()

    assert world.captured_minor == 0
    assert world.merchant.types[-1] == "payment_intent.payment_failed"


async def test_late_effect_makes_a_refund_pending(world):
    world.install("late-effect", selector={"operation": "create_refund"}, parameters={"delay_s": [600, 600]})
    payment = (await world.pay()).json()

    failed = await world.refund(payment["id"], amount=400)
    (pending,) = (await world.get("/v1/refunds")).json()["data"]
    await world.quiet()

    assert failed.status_code == 500
    assert pending["status"] == "pending"
    assert (await world.get(f"/v1/refunds/{pending['id']}")).json()["status"] == "succeeded"
    assert world.merchant.types[-1] == "refund.updated"


async def test_late_effect_of_a_refund_that_fails_still_lets_it_fail_after_it_arrived(world):
    world.install("late-effect", selector={"operation": "create_refund"}, parameters={"delay_s": [600, 600]})
    payment = (await world.pay(card="pm_card_refundFail")).json()

    await world.refund(payment["id"])
    await world.quiet()

    assert world.merchant.types[-3:] == ["refund.created", "refund.updated", "refund.failed"]
    assert world.payments[0].refundable_minor == 1000


async def test_late_effect_passes_what_moves_no_money(world):
    world.install("late-effect")

    opened = await world.post("/v1/payment_intents", {"amount": 5, "currency": "eur"})
    listed = await world.get("/v1/payment_intents")

    assert (opened.status_code, listed.status_code) == (200, 200)
    assert world.bites == []


async def test_late_effect_does_not_hide_a_refusal(world):
    payment = (await world.pay()).json()
    world.install("late-effect")

    refused = await world.refund(payment["id"], amount=5000)

    assert refused.status_code == 400
    assert world.bites == []


REPLY_KINDS = [kind for kind, fault in MENU.items() if fault.where == "reply"]


async def run_of_the_mill(world):
    """Pay and refund half; return what was answered and what came of it."""
    payment = await world.pay(**{"metadata[order_id]": "o-1"})
    refund = await world.refund(payment.json()["id"], amount=500)
    read = await world.get(f"/v1/payment_intents/{payment.json()['id']}")
    await world.quiet()
    answers = [(answer.status_code, answer.content) for answer in (payment, refund, read)]
    return answers, list(world.psp.ledger.movements.values()), [delivery.body for delivery in world.merchant.deliveries], world.now_s


@pytest.mark.parametrize("kind", REPLY_KINDS)
@pytest.mark.parametrize(
    "elsewhere",
    [
        {"selector": {"operation": "list_*"}},
        {"selector": {"metadata": {"order_id": "another"}}},
        {"window": {"from_s": 1_000}},
        {"nth": [100]},
        {"probability": 0},
    ],
    ids=["operation", "metadata", "window", "nth", "probability"],
)
async def test_a_reply_fault_leaves_others_alone(open_world, kind, elsewhere):
    undisturbed = await run_of_the_mill(open_world())
    world = open_world()
    world.install(kind, **elsewhere)

    began_s = world.now_s
    answers, movements, bodies, ended_s = await run_of_the_mill(world)

    expected_answers, expected_movements, expected_bodies, _ = undisturbed
    assert [answer[0] for answer in answers] == [answer[0] for answer in expected_answers]
    assert [movement.amount_minor for movement in movements] == [m.amount_minor for m in expected_movements]
    assert len(bodies) == len(expected_bodies)
    assert ended_s - began_s <= 1
    assert world.bites == []


async def test_the_journal_shows_what_was_answered_and_which_fault_did_it(world):
    world.install("drop-after", nth=[1])
    await cut(world.pay(key="k"))
    await world.pay(key="k")

    requests = [line for line in world.psp.journal.lines if hasattr(line, "request_id")]

    assert [(line.status, line.replayed, line.fault) for line in requests] == [
        (None, False, "the-fault"),
        (200, True, None),
    ]
    assert {line.object_id for line in requests} == {world.payments[0].id}
