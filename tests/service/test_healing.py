"""Unknown outcomes: never called failed, always found out, never paid twice."""

import pytest


async def _pay(bench, *behaviours):
    bench.psp.script("create_payment", *behaviours)
    return (await bench.pay()).json()["id"]


@pytest.mark.parametrize(
    "behaviour", ["timeout_before", "timeout_after", "before", "after", "html_after", "busy", 429, 503, 401, 403, 404]
)
async def test_an_answer_that_proves_nothing_leaves_the_payment_processing_and_the_worker_heals_it(bench, behaviour):
    payment_id = await _pay(bench, behaviour)

    unknown = await bench.read(payment_id)
    await bench.heal()

    assert unknown["status"] == "PROCESSING"
    assert (await bench.read(payment_id))["status"] == "SUCCESS"
    assert await bench.history(payment_id) == [("CREATED", "api"), ("PROCESSING", "dispatch"), ("SUCCESS", "worker")]
    assert len(bench.psp.captured()) == 1
    assert len({key for operation, key in bench.psp.requests if operation == "create_payment"}) == 1


async def test_a_lost_answer_is_healed_by_repeating_with_the_same_key(bench):
    await _pay(bench, "timeout_after")

    await bench.heal()

    creates = [key for operation, key in bench.psp.requests if operation == "create_payment"]
    assert creates == [(await bench.books())["attempts"][0]["psp_key"]] * 2
    assert bench.psp.count("list_payments") == 0


async def test_a_remembered_500_is_healed_by_searching_the_list(bench):
    payment_id = await _pay(bench, "after")
    for number in range(5):  # other payments, so that the list has several pages
        await bench.pay(key=f"other-{number}")

    await bench.heal()

    assert (await bench.read(payment_id))["status"] == "SUCCESS"
    assert bench.psp.count("list_payments") >= 2


async def test_a_decline_is_a_failure_with_its_reason(bench):
    payment_id = await _pay(bench, "decline")

    payment = await bench.read(payment_id)

    assert (payment["status"], payment["failure_reason"]) == ("FAILED", "insufficient_funds")
    assert (await bench.books())["attempts"][0]["psp_id"] == "pi_1"


async def test_a_request_that_the_psp_refuses_at_once_has_failed(bench):
    payment_id = await _pay(bench, "refuse")

    payment = await bench.read(payment_id)

    assert (payment["status"], payment["failure_reason"]) == ("FAILED", "psp_rejected")


async def test_a_refusal_after_a_lost_answer_proves_nothing(bench):
    payment_id = await _pay(bench, "timeout_after")
    bench.psp.script("create_payment", 400)
    bench.psp.script("list_payments", 503)
    bench.clock.advance(60)

    await bench.service.worker.tick()
    unknown = await bench.read(payment_id)
    await bench.heal()

    assert unknown["status"] == "PROCESSING"
    assert (await bench.read(payment_id))["status"] == "SUCCESS"


async def test_a_pending_payment_is_asked_about_by_its_id(bench):
    payment_id = await _pay(bench, "pending")
    bench.clock.advance(59)
    await bench.service.worker.tick()
    asked_early = bench.psp.count("retrieve_payment")
    bench.psp.objects["pi_1"]["status"] = "succeeded"

    await bench.heal()

    assert asked_early == 0
    assert (await bench.read(payment_id))["status"] == "SUCCESS"
    assert bench.psp.count("create_payment") == bench.psp.count("retrieve_payment") == 1


async def test_retries_back_off_and_honour_retry_after(bench):
    await _pay(bench, 503)

    attempt = (await bench.books())["attempts"][0]

    assert attempt["due_at_us"] == bench.clock.now_us() + 33_000_000
    assert attempt["lease_until_us"] is None


async def test_after_the_psp_forgot_the_key_the_worker_only_searches(bench):
    payment_id = await _pay(bench, "timeout_before")
    bench.clock.advance(82_800)

    for _ in range(3):
        await bench.service.worker.tick()
        bench.clock.advance(1000)

    assert bench.psp.count("create_payment") == 1
    assert bench.psp.count("list_payments") == 3
    assert (await bench.read(payment_id))["status"] == "PROCESSING"


async def test_a_hopeless_attempt_is_told_to_a_person_once_and_closed_when_it_heals(bench):
    bench = await bench.another(retry_tries_max=3)
    payment_id = await _pay(bench, *["before"] * 5)
    for _ in range(4):
        bench.clock.advance(1000)
        await bench.service.worker.tick()
    told = (await bench.books())["discrepancies"]

    await bench.heal()

    healed = (await bench.books())["discrepancies"]
    assert [(one["kind"], one["state"], one["payment_id"]) for one in told] == [
        ("unresolved-attempt", "needs_person", payment_id)
    ]
    assert [(one["state"], one["closed_at_us"] is not None) for one in healed] == [("repaired", True)]
    assert (await bench.read(payment_id))["status"] == "SUCCESS"


async def test_an_answer_about_another_amount_is_not_believed(bench):
    bench.psp.script("create_payment", "timeout_after")
    payment_id = (await bench.pay()).json()["id"]
    key = next(iter(bench.psp.remembered))
    status, body = bench.psp.remembered[key]
    bench.psp.remembered[key] = (status, body | {"amount": 1, "amount_received": 1})
    bench.clock.advance(60)

    await bench.service.worker.tick()

    books = await bench.books()
    assert (await bench.read(payment_id))["status"] == "PROCESSING"
    assert [one["kind"] for one in books["discrepancies"]] == ["amount-mismatch"]
    assert books["attempts"][0]["due_at_us"] > bench.clock.now_us()


async def test_a_whole_life_takes_eight_round_trips(bench):
    await bench.client.get("/v1/payments")
    statements = bench.count_statements()

    await bench.pay()
    await bench.tell("payment_intent.succeeded", bench.psp.captured()[0])

    begin_and_commit = 2  # of the creation; to claim, to record and to take the event is one statement each
    assert len(statements) + begin_and_commit == 8
