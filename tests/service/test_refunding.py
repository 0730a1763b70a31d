"""Refunds: full, partial, too much, at once, failed, and failed late."""

import asyncio


async def _paid(bench, **body):
    return (await bench.pay(**body)).json()["id"]


async def test_a_full_refund_ends_as_refunded(bench):
    payment_id = await _paid(bench)

    accepted = await bench.refund(payment_id)

    payment = await bench.read(payment_id)
    refund = (await bench.client.get(accepted.headers["Location"])).json()
    assert accepted.status_code == 202
    assert accepted.json() | {"created_at": "", "updated_at": ""} == {
        "id": refund["id"],
        "object": "refund",
        "payment_id": payment_id,
        "amount": 1250,
        "currency": "EUR",
        "status": "PENDING",
        "reason": None,
        "created_at": "",
        "updated_at": "",
    }
    assert (payment["status"], payment["amount_refunded"]) == ("REFUNDED", 1250)
    assert refund["status"] == "SUCCEEDED"
    assert (await bench.history(payment_id))[-1] == ("REFUNDED", "dispatch")


async def test_partial_refunds_add_up(bench):
    payment_id = await _paid(bench)

    await bench.refund(payment_id, key="one", amount=250, reason="a scratch")
    after_one = await bench.read(payment_id)
    await bench.refund(payment_id, key="two", amount=1000)
    after_two = await bench.read(payment_id)

    listed = (await bench.client.get(f"/v1/payments/{payment_id}/refunds")).json()["data"]
    assert (after_one["status"], after_one["amount_refunded"]) == ("SUCCESS", 250)
    assert (after_two["status"], after_two["amount_refunded"]) == ("REFUNDED", 1250)
    assert [(one["amount"], one["reason"]) for one in listed] == [(250, "a scratch"), (1000, None)]


async def test_a_refund_that_no_card_can_carry_is_refused_at_once(bench):
    payment_id = await _paid(bench, currency="KWD")

    refused = await bench.refund(payment_id, key="one", amount=255)
    accepted = await bench.refund(payment_id, key="two", amount=250)

    assert (refused.status_code, refused.json()["errors"][0]["where"]) == (400, "body.amount")
    assert accepted.status_code == 202


async def test_more_than_is_left_is_refused_and_the_refusal_is_remembered(bench):
    payment_id = await _paid(bench)
    await bench.refund(payment_id, key="one", amount=1000)

    refused = await bench.refund(payment_id, key="two", amount=251)
    replayed = await bench.refund(payment_id, key="two", amount=251)

    assert refused.status_code == 409
    assert refused.json()["type"] == "/problems/refund-exceeds-capture"
    assert refused.json()["amount_refundable"] == 250
    assert replayed.content == refused.content
    assert replayed.headers["Idempotent-Replayed"] == "true"


async def test_two_refunds_at_once_cannot_take_the_same_money(bench):
    payment_id = await _paid(bench)
    other = await bench.another()
    bench.psp.script("create_refund", "pending", "pending")

    answers = await asyncio.gather(
        bench.refund(payment_id, key="one", amount=1000), other.refund(payment_id, key="two", amount=1000)
    )

    assert sorted(answer.status_code for answer in answers) == [202, 409]
    assert bench.psp.count("create_refund") == 1


async def test_a_refund_waits_for_whoever_holds_the_payment(bench):
    payment_id = await _paid(bench)
    async with bench.database.begin() as other:  # another refund, which has not committed yet
        await other.exec_driver_sql("SELECT 1 FROM payments FOR UPDATE")
        await other.exec_driver_sql(
            f"INSERT INTO refunds VALUES ('ref_other', '{payment_id}', 1000, NULL, 'PENDING', NULL, 0, NULL)"
        )
        waiting = asyncio.create_task(bench.refund(payment_id, amount=1000))
        await asyncio.sleep(0.1)

    refused = await waiting

    assert refused.status_code == 409
    assert refused.json()["amount_refundable"] == 250


async def test_a_payment_that_is_not_captured_cannot_be_refunded(bench):
    bench.psp.script("create_payment", "timeout_before")
    payment_id = await _paid(bench)

    refused = await bench.refund(payment_id)

    assert refused.status_code == 409
    assert refused.json()["type"] == "/problems/payment-not-refundable"
    assert refused.json()["reason"] == "not-captured"


async def test_nothing_is_left_after_a_full_refund(bench):
    payment_id = await _paid(bench)
    await bench.refund(payment_id, key="one")

    refused = await bench.refund(payment_id, key="two")

    assert refused.status_code == 409
    assert refused.json()["reason"] == "nothing-left"


async def test_a_refund_of_an_unknown_payment_is_not_found(bench):
    assert (await bench.refund("pay_missing")).status_code == 404


async def test_one_key_does_not_refund_two_payments(bench):
    first, second = await _paid(bench, key="a"), await _paid(bench, key="b")
    await bench.refund(first, key="refund")

    refused = await bench.refund(second, key="refund")

    assert refused.status_code == 422
    assert (await bench.read(second))["status"] == "SUCCESS"


async def test_a_pending_refund_is_not_shown_as_refunded_and_is_followed(bench):
    payment_id = await _paid(bench)
    bench.psp.script("create_refund", "pending")
    await bench.refund(payment_id)
    pending = await bench.read(payment_id)
    bench.psp.objects["re_2"]["status"] = "succeeded"

    await bench.heal()

    assert (pending["status"], pending["amount_refunded"]) == ("SUCCESS", 0)
    assert (await bench.read(payment_id))["status"] == "REFUNDED"
    assert bench.psp.count("retrieve_refund") == 1


async def test_a_lost_answer_to_a_refund_is_healed_with_the_same_key(bench):
    payment_id = await _paid(bench)
    bench.psp.script("create_refund", "timeout_after")
    await bench.refund(payment_id)

    await bench.heal()

    assert (await bench.read(payment_id))["status"] == "REFUNDED"
    assert len([one for one in bench.psp.objects if one.startswith("re_")]) == 1


async def test_a_remembered_500_of_a_refund_is_healed_by_searching_the_list(bench):
    payment_id = await _paid(bench)
    bench.psp.script("create_refund", "after")
    await bench.refund(payment_id)

    await bench.heal()

    assert (await bench.read(payment_id))["status"] == "REFUNDED"
    assert bench.psp.count("list_refunds") == 1


async def test_a_refund_that_fails_frees_its_reserve(bench):
    payment_id = await _paid(bench)
    bench.psp.script("create_refund", "pending")
    await bench.refund(payment_id, key="one")

    await bench.tell("refund.failed", bench.psp.objects["re_2"] | {"status": "failed", "failure_reason": "declined"})
    again = await bench.refund(payment_id, key="two")

    states = [one["state"] for one in (await bench.books())["refunds"]]
    assert again.status_code == 202
    assert states == ["FAILED", "SUCCEEDED"]
    assert (await bench.read(payment_id))["status"] == "REFUNDED"


async def test_a_refund_that_fails_after_it_succeeded_is_recorded_and_the_state_stays(bench):
    payment_id = await _paid(bench)
    await bench.refund(payment_id)
    failed = bench.psp.objects["re_2"] | {"status": "failed"}

    for _ in range(2):
        await bench.tell("refund.failed", failed)
    await bench.tell("refund.updated", bench.psp.objects["re_2"])  # an old word: it succeeded

    payment, books = await bench.read(payment_id), await bench.books()
    assert (payment["status"], payment["amount_refunded"]) == ("REFUNDED", 0)
    assert books["refunds"][0]["state"] == "FAILED"
    assert [(one["kind"], one["state"]) for one in books["discrepancies"]] == [("refund-failed-late", "open")]


async def test_an_event_that_overtakes_the_answer_to_a_refund(bench):
    payment_id = await _paid(bench)
    bench.psp.script("create_refund", "hold")
    refunding = asyncio.create_task(bench.refund(payment_id))
    gate = await bench.psp.held.get()
    attempt = next(one for one in (await bench.books())["attempts"] if one["kind"] == "refund")
    spoken_of = {"id": "re_2", "status": "succeeded", "amount": 1250, "currency": "eur"}

    await bench.tell("refund.created", spoken_of | {"metadata": {"attempt_id": attempt["id"]}})
    gate.set()
    await refunding

    assert await bench.history(payment_id) == [
        ("CREATED", "api"),
        ("PROCESSING", "dispatch"),
        ("SUCCESS", "dispatch"),
        ("REFUNDED", "webhook"),
    ]


async def test_a_refund_left_unsent_by_a_dead_process_is_sent_by_the_worker(bench, no_fast_path):
    payment_id = await _paid(bench)
    dying = await bench.another(parts=no_fast_path)
    await dying.refund(payment_id)

    await bench.heal()

    assert (await bench.history(payment_id))[-1] == ("REFUNDED", "worker")


async def test_two_refunds_of_one_attempt_at_the_psp_are_recorded(bench):
    payment_id = await _paid(bench)
    await bench.refund(payment_id, amount=100)

    await bench.tell("refund.created", bench.psp.objects["re_2"] | {"id": "re_other"})

    books = await bench.books()
    assert books["payments"][0]["refunded_minor"] == 100
    assert [one["kind"] for one in books["discrepancies"]] == ["double-refund"]
