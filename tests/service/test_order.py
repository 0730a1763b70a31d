"""One order has one live payment, whatever keys its payments come with."""

import asyncio


async def test_a_second_key_for_an_order_being_paid_names_the_first_payment(bench):
    first = await bench.pay(key="tab-1", order_id="order-1")

    second = await bench.pay(key="tab-2", order_id="order-1")
    replayed = await bench.pay(key="tab-2", order_id="order-1")

    payment_id = first.json()["id"]
    assert second.status_code == 409
    assert second.json()["type"] == "/problems/order-already-being-paid"
    assert second.json()["payment_id"] == payment_id
    assert second.headers["Location"] == f"/v1/payments/{payment_id}"
    assert replayed.content == second.content
    assert replayed.headers["Location"] == second.headers["Location"]
    assert replayed.headers["Idempotent-Replayed"] == "true"
    assert bench.psp.count("create_payment") == 1


async def test_two_tabs_at_once_in_two_processes_make_one_payment(bench):
    other = await bench.another()

    answers = await asyncio.gather(
        bench.pay(key="tab-1", order_id="order-1"), other.pay(key="tab-2", order_id="order-1")
    )

    assert sorted(answer.status_code for answer in answers) == [202, 409]
    assert len((await bench.books())["payments"]) == 1
    assert bench.psp.count("create_payment") == 1


async def test_an_order_whose_payment_failed_may_be_paid_again(bench):
    bench.psp.script("create_payment", "decline")
    failed = await bench.pay(key="try-1", order_id="order-1")

    second = await bench.pay(key="try-2", order_id="order-1")

    assert (await bench.read(failed.json()["id"]))["status"] == "FAILED"
    assert second.status_code == 202
    assert (await bench.read(second.json()["id"]))["status"] == "SUCCESS"


async def test_payments_without_an_order_do_not_meet(bench):
    answers = [await bench.pay(key=f"key-{number}") for number in range(3)]

    assert [answer.status_code for answer in answers] == [202] * 3
