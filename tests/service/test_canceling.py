"""A cancel: the PSP is asked first and its word decides, whoever else is at the payment in the same moment."""

import asyncio

import pytest

from engine.outcome import OutcomeKind
from engine.reconciliation import Trial
from engine.usecases import TryAttempt
from service.wiring import Parts

CANCELED = ("FAILED", "canceled")


async def _paid(bench, *behaviours, **body):
    bench.psp.script("create_payment", *behaviours)
    return (await bench.pay(**body)).json()["id"]


async def _end(bench, payment_id):
    payment = await bench.read(payment_id)
    return payment["status"], payment["failure_reason"]


async def _attempt(bench):
    (attempt,) = (await bench.books())["attempts"]
    return attempt


def _operations(bench):
    return [operation for operation, _ in bench.psp.requests]


async def test_what_was_never_sent_is_ended_at_once_and_never_sent(bench, no_fast_path):
    dying = await bench.another(parts=no_fast_path)
    payment_id = (await dying.pay(order_id="order-1")).json()["id"]

    answer = await bench.cancel(payment_id)
    again = await bench.pay(key="key-2", order_id="order-1")

    assert answer.status_code == 202
    assert answer.headers["Location"] == f"/v1/payments/{payment_id}"
    assert (answer.json()["status"], answer.json()["failure_reason"]) == CANCELED
    assert answer.json()["cancel_requested_at"] == "2023-11-14T22:13:20.000000Z"
    assert await bench.history(payment_id) == [("CREATED", "api"), ("PROCESSING", "api"), ("FAILED", "api")]
    assert again.status_code == 202  # the order is free again
    assert _operations(bench) == ["create_payment"]  # which is the second payment's


async def test_what_the_psp_has_not_decided_is_canceled_there_first(bench):
    payment_id = await _paid(bench, "action")

    answer = await bench.cancel(payment_id)

    attempt = await _attempt(bench)
    assert (answer.status_code, answer.json()["status"]) == (202, "PROCESSING")
    assert await _end(bench, payment_id) == CANCELED
    assert await bench.history(payment_id) == [("CREATED", "api"), ("PROCESSING", "dispatch"), ("FAILED", "dispatch")]
    assert _operations(bench) == ["create_payment", "retrieve_payment", "cancel_payment"]
    assert bench.psp.requests[-1][1] == f"{attempt['psp_key']}_cancel_requires_action"


async def test_the_worker_asks_if_whoever_accepted_the_cancel_died(bench, no_fast_path):
    payment_id = await _paid(bench, "action")
    dying = await bench.another(parts=no_fast_path)

    await dying.cancel(payment_id)
    before = await _end(bench, payment_id)
    await bench.service.worker.tick()

    assert before == ("PROCESSING", None)
    assert await _end(bench, payment_id) == CANCELED


async def test_what_is_at_the_bank_does_not_let_itself_be_canceled_and_ends_as_the_bank_says(bench):
    payment_id = await _paid(bench, "pending")
    (at_psp,) = bench.psp.objects.values()

    await bench.cancel(payment_id)
    refused = await _end(bench, payment_id)
    at_psp |= {"status": "succeeded"}
    await bench.tell("payment_intent.succeeded", at_psp)

    assert refused == ("PROCESSING", None)
    assert _operations(bench)[-2:] == ["cancel_payment", "retrieve_payment"]
    assert await _end(bench, payment_id) == ("SUCCESS", None)


async def test_a_cancel_is_asked_again_once_the_psp_says_something_else_about_the_payment(bench):
    payment_id = await _paid(bench, "pending")
    (at_psp,) = bench.psp.objects.values()
    await bench.cancel(payment_id)  # refused, and remembered so under its key

    at_psp |= {"status": "requires_action"}
    await bench.heal()

    assert await _end(bench, payment_id) == CANCELED


async def test_a_payment_that_is_final_cannot_be_canceled(bench):
    captured, refunded = await _paid(bench, key="captured"), await _paid(bench, key="refunded")
    await bench.refund(refunded)
    declined = await _paid(bench, "decline", key="declined")
    asked = len(bench.psp.requests)

    answers = [await bench.cancel(one, key=f"cancel-{one}") for one in (captured, refunded, declined)]
    replay = await bench.cancel(captured, key=f"cancel-{captured}")

    assert {(answer.status_code, answer.json()["type"]) for answer in answers} == {
        (409, "/problems/payment-not-cancelable")
    }
    assert [answer.json()["reason"] for answer in answers] == ["captured", "captured", "failed"]
    assert (replay.content, replay.headers["Idempotent-Replayed"]) == (answers[0].content, "true")
    assert len(bench.psp.requests) == asked
    assert (await bench.read(captured))["cancel_requested_at"] is None


async def test_a_capture_whose_answer_was_lost_is_not_canceled(bench):
    payment_id = await _paid(bench, "timeout_after")

    await bench.cancel(payment_id)

    assert await _end(bench, payment_id) == ("SUCCESS", None)
    assert bench.psp.count("cancel_payment") == 0


async def test_a_create_that_never_arrived_takes_no_money_any_more(bench):
    """Repeating it would have; a request of ours that comes late is refused by the PSP."""
    payment_id = await _paid(bench, "timeout_before")
    try_attempt = bench.service.usecases.try_attempt
    case = await try_attempt.store.case((await _attempt(bench))["id"])

    await bench.cancel(payment_id)
    late = await try_attempt.gateway.send(
        Trial(payment=case.payment, attempt=case.attempt, refund=None, capture_psp_id=None)
    )

    assert await _end(bench, payment_id) == CANCELED
    assert late.kind is OutcomeKind.UNKNOWN
    assert bench.psp.captured() == []


async def test_a_payment_that_is_pending_under_an_answer_that_was_lost_is_found_and_canceled(bench):
    payment_id = await _paid(bench, "action")
    await bench.run_sql("UPDATE attempts SET psp_id = NULL")  # as if the answer had been lost

    await bench.cancel(payment_id)

    assert await _end(bench, payment_id) == CANCELED
    assert _operations(bench)[1:] == ["create_payment", "create_payment", "cancel_payment"]  # forestalled, repeated
    assert len(bench.psp.objects) == 1


async def test_after_the_psp_may_have_forgotten_the_key_the_payment_is_only_looked_for(bench):
    payment_id = await _paid(bench, "action")
    await bench.run_sql("UPDATE attempts SET psp_id = NULL")
    bench.clock.advance(bench.settings.psp_key_retention_s)

    await bench.cancel(payment_id)

    assert await _end(bench, payment_id) == CANCELED
    assert _operations(bench)[1:] == ["list_payments", "cancel_payment"]


async def test_a_cancel_that_is_first_stops_the_fast_path_which_had_begun(bench):
    gate, reached = asyncio.Event(), asyncio.Event()

    class Slow(TryAttempt):
        async def dispatch(self, case):
            reached.set()
            await gate.wait()
            return await super().dispatch(case)

    slow = await bench.another(parts=Parts(try_attempt=Slow))
    paying = asyncio.create_task(slow.pay())
    await reached.wait()
    (payment,) = (await bench.books())["payments"]

    await bench.cancel(payment["id"])
    gate.set()
    await paying

    assert await _end(bench, payment["id"]) == CANCELED
    assert bench.psp.requests == []


@pytest.mark.parametrize(
    ("behaviour", "at_once", "in_the_end"),
    [
        ("hold", ("SUCCESS", None), ("SUCCESS", None)),
        ("hold_before", ("PROCESSING", None), CANCELED),  # the answer tells nothing: the cancel's turn comes at once
    ],
)
async def test_a_cancel_waits_for_whoever_is_asking_the_psp(bench, behaviour, at_once, in_the_end):
    bench.psp.script("create_payment", behaviour)
    paying = asyncio.create_task(bench.pay())
    gate = await bench.psp.held.get()
    (payment,) = (await bench.books())["payments"]

    answer = await bench.cancel(payment["id"])
    while_held = await bench.service.worker.tick()
    gate.set()
    await paying
    told = await _end(bench, payment["id"])
    await bench.service.worker.tick()  # no time has passed

    assert (answer.status_code, answer.json()["status"]) == (202, "PROCESSING")
    assert while_held.attempts == 0
    assert told == at_once
    assert await _end(bench, payment["id"]) == in_the_end
    assert len(bench.psp.captured()) == (in_the_end[0] == "SUCCESS")


async def test_a_cancel_is_taken_up_when_whoever_held_the_payment_is_dead(bench):
    bench.psp.script("create_payment", "hold_before")
    paying = asyncio.create_task(bench.pay())
    await bench.psp.held.get()
    paying.cancel()  # never to come back
    (payment,) = (await bench.books())["payments"]

    await bench.cancel(payment["id"])
    bench.clock.advance(bench.settings.lease_s - 1)
    await bench.service.worker.tick()
    while_leased = await _end(bench, payment["id"])
    bench.clock.advance(1)
    await bench.service.worker.tick()

    assert while_leased == ("PROCESSING", None)
    assert await _end(bench, payment["id"]) == CANCELED
    assert bench.psp.captured() == []


async def test_an_event_of_a_capture_before_the_cancel_wins(bench):
    payment_id = await _paid(bench, "timeout_after")
    await bench.tell("payment_intent.succeeded", bench.psp.captured()[0])

    answer = await bench.cancel(payment_id)

    assert answer.status_code == 409
    assert await _end(bench, payment_id) == ("SUCCESS", None)


@pytest.mark.parametrize("event", ["payment_intent.succeeded", "payment_intent.canceled"])
async def test_an_event_settles_while_the_psp_is_asked_to_cancel(bench, event):
    payment_id = await _paid(bench, "action")
    (at_psp,) = bench.psp.objects.values()
    bench.psp.script("cancel_payment", "hold")
    canceling = asyncio.create_task(bench.cancel(payment_id))
    gate = await bench.psp.held.get()

    at_psp |= {"status": event.removeprefix("payment_intent."), "amount_received": 1250}
    told = await bench.tell(event, at_psp)
    settled = await _end(bench, payment_id)
    gate.set()
    await canceling

    assert told.status_code == 200
    assert settled == await _end(bench, payment_id) == (CANCELED if event.endswith("canceled") else ("SUCCESS", None))
    assert len(await bench.history(payment_id)) == 3


async def test_the_event_of_our_own_cancel_changes_nothing_more(bench):
    payment_id = await _paid(bench, "action")
    await bench.cancel(payment_id)
    (at_psp,) = bench.psp.objects.values()

    told = await asyncio.gather(*(bench.tell("payment_intent.canceled", at_psp) for _ in range(3)))

    assert {answer.status_code for answer in told} == {200}
    assert len(await bench.history(payment_id)) == 3


async def test_a_cancel_whose_answer_was_lost_is_found_out(bench):
    payment_id = await _paid(bench, "action")
    bench.psp.script("cancel_payment", "timeout_after")

    await bench.cancel(payment_id)
    told = await _end(bench, payment_id)
    await bench.heal()

    assert told == ("PROCESSING", None)
    assert await _end(bench, payment_id) == CANCELED
    assert bench.psp.count("cancel_payment") == 1


async def test_a_cancel_that_never_arrived_is_asked_again_with_the_same_key(bench):
    payment_id = await _paid(bench, "action")
    bench.psp.script("cancel_payment", "timeout_before", 503, "busy")

    await bench.cancel(payment_id)
    await bench.heal()

    keys = {key for operation, key in bench.psp.requests if operation == "cancel_payment"}
    assert await _end(bench, payment_id) == CANCELED
    assert (bench.psp.count("cancel_payment"), len(keys)) == (4, 1)


async def test_what_was_found_out_before_the_psp_fell_silent_is_kept(bench):
    payment_id = await _paid(bench, "timeout_before")
    bench.psp.script("cancel_payment", "timeout_before")

    await bench.cancel(payment_id)

    attempt = await _attempt(bench)
    assert attempt["psp_id"] in bench.psp.objects
    assert attempt["due_at_us"] <= bench.clock.now_us() + 10_000_000  # by the rhythm of retries, not of zombies


async def test_nothing_fails_while_the_psp_is_down(bench):
    payment_id = await _paid(bench, "timeout_before")
    for operation in ("create_payment", "list_payments"):
        bench.psp.script(operation, *["timeout_before"] * 4)

    await bench.cancel(payment_id)
    for _ in range(3):
        bench.clock.advance(60)
        await bench.service.worker.tick()
    while_down = await _end(bench, payment_id)
    await bench.heal()

    assert while_down == ("PROCESSING", None)
    assert await _end(bench, payment_id) == CANCELED
    assert bench.psp.captured() == []


async def test_an_open_circuit_holds_a_cancel_back_unless_nobody_has_to_be_asked(bench):
    small = await bench.another(circuit_failures=1, circuit_open_s=30)
    sent = await _paid(small, "timeout_before", key="sent")
    unsent = await _paid(small, key="unsent")
    asked = len(bench.psp.requests)

    await small.cancel(sent, key="one")
    await small.cancel(unsent, key="two")
    while_open = [await _end(small, payment_id) for payment_id in (sent, unsent)]
    held_back = len(bench.psp.requests) == asked
    await small.heal(step_s=31)

    assert held_back
    assert while_open == [("PROCESSING", None), CANCELED]
    assert await _end(small, sent) == CANCELED


async def test_two_cancels_under_two_keys_are_one(bench):
    payment_id = await _paid(bench, "pending")

    first, second = await asyncio.gather(bench.cancel(payment_id, key="one"), bench.cancel(payment_id, key="two"))
    bench.clock.advance(5)
    third = await bench.cancel(payment_id, key="three")

    asked_at = {answer.json()["cancel_requested_at"] for answer in (first, second, third)}
    assert {answer.status_code for answer in (first, second, third)} == {202}
    assert len(asked_at) == 1
    assert bench.psp.count("cancel_payment") == 1


async def test_a_payment_that_is_canceled_may_be_canceled_again(bench):
    payment_id = await _paid(bench, "action")
    await bench.cancel(payment_id, key="one")
    asked = len(bench.psp.requests)

    again = await bench.cancel(payment_id, key="two")
    replay = await bench.cancel(payment_id, key="one")

    assert (again.status_code, again.json()["failure_reason"]) == (202, "canceled")
    assert (replay.json()["status"], replay.headers["Idempotent-Replayed"]) == ("PROCESSING", "true")
    assert len(bench.psp.requests) == asked


async def test_a_key_is_good_for_one_payment_and_must_be_there_and_so_must_the_payment(bench):
    one, other = await _paid(bench, "pending", key="a"), await _paid(bench, "pending", key="b")
    await bench.cancel(one)

    reused = await bench.cancel(other)
    keyless = await bench.client.post(f"/v1/payments/{other}/cancel")
    chatty = await bench.client.post(
        f"/v1/payments/{other}/cancel", json={"amount": 1}, headers={"Idempotency-Key": "c"}
    )
    missing = await bench.cancel("pay_of_nobody", key="d")

    assert (reused.status_code, keyless.status_code, chatty.status_code) == (422, 400, 400)
    assert (missing.status_code, missing.json()["type"]) == (404, "/problems/payment-not-found")
    assert (await bench.read(other))["cancel_requested_at"] is None


async def test_a_refund_is_no_cancel_even_if_a_cancel_was_asked_for(bench):
    payment_id = await _paid(bench, "timeout_after")
    await bench.cancel(payment_id)  # the capture was faster
    bench.psp.script("create_refund", "pending")

    await bench.refund(payment_id)
    await bench.heal(seconds=300)

    (refund,) = (await bench.client.get(f"/v1/payments/{payment_id}/refunds")).json()["data"]
    assert refund["status"] == "PENDING"
    assert bench.psp.count("cancel_payment") == 0


async def test_money_that_a_forgetful_psp_takes_after_the_cancel_goes_back(bench):
    payment_id = await _paid(bench, "timeout_after")
    bench.psp.remembered.clear()
    bench.psp.fingerprints.clear()

    await bench.cancel(payment_id)
    told = await _end(bench, payment_id)
    await bench.tell("payment_intent.succeeded", bench.psp.captured()[0])
    await bench.service.worker.tick()

    books = await bench.books()
    assert told == await _end(bench, payment_id) == CANCELED
    assert [(one["kind"], one["state"]) for one in books["discrepancies"]] == [("late-capture", "repaired")]
    assert bench.psp.count("create_refund") == 1
