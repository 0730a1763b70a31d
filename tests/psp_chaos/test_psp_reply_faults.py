"""Faults of the reply: each bites as its docstring says, and leaves everybody else alone."""

import asyncio
import json

import httpx
import pytest

from psp_chaos.export import export_bites, export_books
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


async def test_refuse_cuts_the_connection_before_anything_is_known(world):
    world.install("refuse", nth=[1, 2])

    await cut(world.pay(key="k"))
    await cut(world.client.post("/v1/payment_intents", content="no form", headers={"Authorization": "Bearer wrong"}))

    assert world.payments == []
    assert "Idempotent-Replayed" not in (await world.pay(key="k")).headers
    assert [(line.account, line.object_id, line.fault) for line in world.psp.journal.lines[:2]] == [
        (None, None, "the-fault"),
        (None, None, "the-fault"),
    ]


async def test_drop_before_hits_only_what_was_understood(world):
    world.install("drop-before", nth=[1])

    refused = await world.client.post("/v1/payment_intents", headers={"Authorization": "Bearer wrong"})

    assert refused.status_code == 401
    assert world.bites == []


@pytest.mark.parametrize(
    ("parameters", "code", "retry_after", "should_retry"),
    [
        ({}, "rate_limit", None, None),
        ({"retry_after_s": 7}, "rate_limit", "7", None),
        ({"code": "lock_timeout", "should_retry": True}, "lock_timeout", None, "true"),
        ({"should_retry": False, "retry_after_s": 0}, "rate_limit", "0", "false"),
    ],
)
async def test_rate_limit_answers_429_and_does_nothing(world, parameters, code, retry_after, should_retry):
    world.install("rate-limit", nth=[1], parameters=parameters)

    throttled = await world.pay(key="k")

    assert (throttled.status_code, throttled.json()["error"]["code"]) == (429, code)
    assert throttled.headers.get("Retry-After") == retry_after
    assert throttled.headers.get("Stripe-Should-Retry") == should_retry
    assert world.payments == []
    assert (await world.pay(key="k")).json()["status"] == "succeeded"


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


async def test_slow_answer_moves_the_money_at_once_and_says_so_later(world):
    world.install("slow-answer", nth=[1], parameters={"delay_s": [20, 20]})
    waiting = asyncio.create_task(world.pay(key="k"))
    await asyncio.sleep(1)

    captured_meanwhile = world.captured_minor
    repetition = await world.pay(key="k")
    answer = await waiting

    assert captured_meanwhile == 1000
    assert repetition.headers["Idempotent-Replayed"] == "true"
    assert (answer.json(), world.now_s) == (repetition.json(), 20)
    assert [delivery.at_s for delivery in world.merchant.deliveries] == [0, 0]


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

    assert world.merchant.types[-4:] == ["refund.created", "refund.updated", "refund.updated", "refund.failed"]
    assert world.payments[0].refundable_minor == 1000


async def test_late_effect_passes_what_moves_no_money(world):
    world.install("late-effect")

    opened = await world.post("/v1/payment_intents", {"amount": 50, "currency": "eur"})
    listed = await world.get("/v1/payment_intents")

    assert (opened.status_code, listed.status_code) == (200, 200)
    assert world.bites == []


async def test_late_effect_does_not_hide_a_refusal(world):
    payment = (await world.pay()).json()
    world.install("late-effect")

    refused = await world.refund(payment["id"], amount=5000)

    assert refused.status_code == 400
    assert world.bites == []


async def test_late_effect_may_tell_the_truth(world):
    world.install("late-effect", nth=[1], parameters={"answer": "truth", "delay_s": [600, 600]})

    answer = await world.pay()
    await world.quiet()

    assert (answer.status_code, answer.json()["status"]) == (200, "processing")
    assert world.captured_minor == 1000


@pytest.mark.parametrize(("answer", "status"), [("error", 500), ("truth", 200)])
async def test_rolled_back_cancels_the_payment_later(world, answer, status):
    world.install("rolled-back", nth=[1], parameters={"answer": answer, "delay_s": [600, 600]})

    first = await world.pay(key="k")
    (pending,) = (await world.get("/v1/payment_intents")).json()["data"]
    await world.quiet()
    ended = (await world.get(f"/v1/payment_intents/{pending['id']}")).json()

    assert (first.status_code, pending["status"], ended["status"]) == (status, "processing", "canceled")
    assert (ended["cancellation_reason"], world.captured_minor) == ("automatic", 0)
    assert (world.merchant.deliveries[-1].type, world.merchant.deliveries[-1].at_s) == ("payment_intent.canceled", 600)


async def test_rolled_back_may_say_nothing(world):
    world.install("rolled-back", nth=[1], parameters={"answer": "hang", "hang_s": 45, "delay_s": [10, 10]})

    assert await cut(world.pay()) == 45
    assert [payment.status for payment in world.payments] == ["canceled"]


async def test_pending_for_days_tells_the_truth_until_the_money_moves(world):
    world.install("pending-for-days", nth=[1])

    answer = await world.pay()
    await asyncio.sleep(86_399)
    in_the_meantime = (await world.get(f"/v1/payment_intents/{answer.json()['id']}")).json()["status"]
    await world.quiet()

    assert (answer.json()["status"], in_the_meantime) == ("processing", "processing")
    assert 86_400 <= world.merchant.deliveries[-1].at_s <= 5 * 86_400
    assert (world.merchant.types[-1], world.captured_minor) == ("payment_intent.succeeded", 1000)


async def test_pending_for_days_lets_a_refund_wait(world):
    payment = (await world.pay()).json()
    world.install("pending-for-days", parameters={"delay_s": [900, 900]})

    refund = (await world.refund(payment["id"])).json()
    await world.quiet()

    assert (refund["status"], world.now_s >= 900) == ("pending", True)
    assert (await world.get(f"/v1/refunds/{refund['id']}")).json()["status"] == "succeeded"


async def test_keys_ignored_executes_every_repetition(world):
    world.install("keys-ignored")

    first = await world.pay(key="k")
    again = await world.pay(key="k")
    another = await world.pay(amount=50, key="k")

    assert first.json()["id"] != again.json()["id"]
    assert {answer.headers.get("Idempotent-Replayed") for answer in (first, again, another)} == {None}
    assert world.captured_minor == 2050
    assert [bitten.detail["key"] for bitten in world.bites] == ["k", "k"]


async def test_keys_ignored_does_not_even_see_that_a_request_is_under_way(open_world):
    world = open_world(latency_s=(5, 5))
    world.install("keys-ignored")

    answers = await asyncio.gather(world.pay(key="k"), world.pay(key="k"))

    assert [answer.status_code for answer in answers] == [200, 200]
    assert world.captured_minor == 2000


async def test_keys_forgotten_replays_young_keys_and_executes_old_ones_anew(world):
    world.install("keys-forgotten", parameters={"retention_s": 300})
    await world.pay(key="k")

    await asyncio.sleep(299)
    young = await world.pay(key="k")
    await asyncio.sleep(1)
    old = await world.pay(key="k")
    afterwards = await world.pay(key="k")

    assert young.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in old.headers
    assert afterwards.json() == old.json()
    assert (world.captured_minor, len(world.bites)) == (2000, 1)


async def test_refund_fails_is_pending_first_and_gives_the_money_back(world):
    world.install("refund-fails", parameters={"delay_s": [600, 600]})
    payment = (await world.pay()).json()

    refund = (await world.refund(payment["id"], amount=400)).json()
    left_meanwhile = world.payments[0].refundable_minor
    await world.quiet()
    ended = (await world.get(f"/v1/refunds/{refund['id']}")).json()

    assert (refund["status"], ended["status"], ended["failure_reason"]) == (
        "pending",
        "failed",
        "expired_or_canceled_card",
    )
    assert (left_meanwhile, world.payments[0].refundable_minor) == (600, 1000)
    assert (world.merchant.types[-1], world.merchant.deliveries[-1].at_s) == ("refund.failed", 600)


async def test_refund_fails_after_it_has_arrived_and_the_books_say_when_both_happened(world):
    world.install("refund-fails", parameters={"delay_s": [600, 600], "after": "success"})
    payment = (await world.pay()).json()
    await world.refund(payment["id"], amount=400)
    await world.quiet()

    (refund,) = export_books(world.psp)["refunds"]

    arrived_s = (refund["succeeded_at_us"] - refund["created_at_us"]) / 1_000_000
    assert (refund["status"], arrived_s) == ("failed", 600)
    assert refund["failed_at_us"] == refund["settled_at_us"] > refund["succeeded_at_us"]
    assert world.payments[0].refundable_minor == 1000


async def test_a_refund_that_never_arrived_has_no_time_at_which_it_did(world):
    world.install("refund-fails", parameters={"delay_s": [600, 600]})
    payment = (await world.pay()).json()
    await world.refund(payment["id"], amount=400)
    await world.quiet()

    (refund,) = export_books(world.psp)["refunds"]

    assert refund["succeeded_at_us"] is None
    assert refund["failed_at_us"] == refund["created_at_us"] + 600_000_000


async def test_the_books_say_when_a_card_was_refused(world):
    await world.pay(card="pm_card_chargeDeclined")

    (payment,) = export_books(world.psp)["payments"]

    assert (payment["captured_at_us"], payment["decided_at_us"]) == (None, payment["created_at_us"])


@pytest.mark.parametrize(
    ("kind", "declared"), [("keys-ignored", "repeated-effect"), ("keys-forgotten", None), ("slow", None)]
)
async def test_a_bite_says_what_nobody_survives(world, kind, declared):
    # A key that is too young is not forgotten, which is no bite at all.
    world.install(kind)
    for _ in range(2):
        await world.pay(key="k")

    told = [bite["unsurvivable"] for bite in export_bites(world.psp)]
    assert [(type(word), word) for word in told] == [(type(declared), declared)] * len(told)
    assert bool(world.bites) is (kind != "keys-forgotten")


async def test_refund_pending_says_why_until_it_has_arrived(world):
    world.install("refund-pending", parameters={"delay_s": [600, 600]})
    payment = (await world.pay()).json()

    refund = (await world.refund(payment["id"])).json()
    await world.quiet()
    ended = (await world.get(f"/v1/refunds/{refund['id']}")).json()

    assert (refund["status"], refund["pending_reason"]) == ("pending", "insufficient_funds")
    assert (ended["status"], ended["pending_reason"]) == ("succeeded", None)
    assert world.payments[0].refundable_minor == 0
    assert bite(world).detail["delay_s"] == 600


@pytest.mark.parametrize("code", ["balance_insufficient", "charge_disputed"])
async def test_refund_refused_is_remembered_and_moves_nothing(world, code):
    world.install("refund-refused", nth=[1], parameters={"code": code})
    payment = (await world.pay()).json()

    refused = await world.refund(payment["id"], key="k")
    again = await world.refund(payment["id"], key="k")
    anew = await world.refund(payment["id"], key="another")

    assert (refused.status_code, refused.json()["error"]["code"]) == (400, code)
    assert (again.content, again.headers["Idempotent-Replayed"]) == (refused.content, "true")
    assert anew.json()["status"] == "succeeded"
    assert len(world.psp.books.refunds) == 1


async def test_what_concerns_refunds_passes_the_refusal_of_one(world):
    payment = (await world.pay()).json()
    world.install("refund-fails")

    refused = await world.refund(payment["id"], amount=5000)

    assert refused.status_code == 400
    assert world.bites == []


REPLY_KINDS = [kind for kind, fault in MENU.items() if fault.where == "reply"]
USED = {"create_payment", "create_refund", "retrieve_payment"}  # by the run of the mill
UNUSED = {"late-effect": "confirm_payment", "rolled-back": "confirm_payment", "pending-for-days": "confirm_payment"}


async def heard(request):
    """Return what was answered, or nothing if the connection was cut."""
    try:
        answer = await request
    except httpx.RemoteProtocolError:
        return None
    return answer.status_code, answer.content


async def run_of_the_mill(world):
    """Pay, click again, refund half and look; return what was answered and what came of it."""
    answers = [await heard(world.pay(key="k", **{"metadata[order_id]": "o-1"})) for _ in range(2)]
    payment_id = world.payments[0].id if world.payments else "pi_none"
    answers.append(await heard(world.refund(payment_id, amount=500)))
    answers.append(await heard(world.get(f"/v1/payment_intents/{payment_id}")))
    await world.quiet()
    return answers, list(world.psp.ledger.movements.values()), [line.body for line in world.merchant.deliveries]


def elsewhere(kind):
    """Give every way in which this kind can be told to hit somebody else."""
    yield "window", {"window": {"from_s": 1_000_000}}
    yield "nth", {"nth": [100]}
    yield "probability", {"probability": 0}
    yield "schedule", {"schedule": [1_000_000]}
    others = {
        "operation": UNUSED.get(kind, "list_*"),
        "payment": "pi_of_somebody_else",
        "account": "acct_of_somebody_else",
        "metadata": {"order_id": "another"},
    }
    for trait in MENU[kind].selectors:
        if not (trait == "operation" and kind.startswith("refund-")):  # there is but one operation for them
            yield trait, {"selector": {trait: others[trait]}}


@pytest.mark.parametrize("kind", REPLY_KINDS)
async def test_a_reply_fault_bites_in_the_run_of_the_mill(world, kind):
    world.install(kind, parameters={"retention_s": 0} if kind == "keys-forgotten" else {})

    await run_of_the_mill(world)

    assert world.bites != []
    assert world.psp.faults.counts["the-fault"].bit == len(world.bites)
    assert {bitten.target for bitten in world.bites} <= USED


@pytest.mark.parametrize(
    ("kind", "others"),
    [pytest.param(kind, others, id=f"{kind}-{name}") for kind in REPLY_KINDS for name, others in elsewhere(kind)],
)
async def test_a_reply_fault_leaves_others_alone(open_world, kind, others):
    undisturbed = open_world()
    began_s = undisturbed.now_s
    expected = await run_of_the_mill(undisturbed)
    between_s = undisturbed.now_s
    world = open_world()
    world.install(kind, **others)

    seen = await run_of_the_mill(world)

    (answers, movements, bodies), (expected_answers, expected_movements, expected_bodies) = seen, expected
    assert [answer and answer[0] for answer in answers] == [answer[0] for answer in expected_answers]
    assert [movement.amount_minor for movement in movements] == [m.amount_minor for m in expected_movements]
    assert len(bodies) == len(expected_bodies)
    assert world.now_s - between_s <= between_s - began_s + 1
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
