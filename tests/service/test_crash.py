"""The process may die at any await; what it leaves behind is healed by the worker of another process."""

import asyncio

import pytest


async def test_death_between_the_answer_and_the_fast_path(bench, no_fast_path):
    dying = await bench.another(parts=no_fast_path)
    accepted = await dying.pay()
    payment_id = accepted.json()["id"]
    left = await bench.read(payment_id)

    await bench.service.worker.tick()
    too_early = bench.psp.count("create_payment")
    await bench.heal()

    assert accepted.status_code == 202
    assert left["status"] == "CREATED"
    assert too_early == 0
    assert await bench.history(payment_id) == [("CREATED", "api"), ("PROCESSING", "worker"), ("SUCCESS", "worker")]
    assert len(bench.psp.captured()) == 1


async def test_death_inside_the_psp_call(bench):
    bench.psp.script("create_payment", "hold")
    paying = asyncio.create_task(bench.pay())
    await bench.psp.held.get()
    paying.cancel()  # the process dies with all that it is doing
    with pytest.raises(asyncio.CancelledError):
        await paying
    left = (await bench.books())["attempts"][0]

    bench.clock.advance(29)
    await bench.service.worker.tick()
    under_lease = bench.psp.count("create_payment")
    await bench.heal()

    books = await bench.books()
    assert (left["state"], left["tries"], left["psp_id"]) == ("SENT", 1, None)
    assert under_lease == 1
    assert books["payments"][0]["state"] == "SUCCESS"
    assert len(bench.psp.captured()) == 1


async def test_death_after_the_psp_acted_and_before_its_answer_was_recorded(bench):
    await bench.run_sql("ALTER TABLE attempts ADD CONSTRAINT dead CHECK (psp_id IS NULL)")  # the commit cannot happen
    with pytest.raises(Exception, match="dead"):
        await bench.pay()
    await bench.run_sql("ALTER TABLE attempts DROP CONSTRAINT dead")
    left = (await bench.books())["payments"][0]["state"]

    await bench.heal()

    books = await bench.books()
    assert left == "PROCESSING"
    assert books["payments"][0]["state"] == "SUCCESS"
    assert books["attempts"][0]["tries"] == 2
    assert len(bench.psp.captured()) == 1


async def test_death_before_the_commit_leaves_nothing(bench):
    await bench.client.get("/v1/payments")
    await bench.run_sql("ALTER TABLE idempotency_keys ADD CONSTRAINT dead CHECK (status IS NULL)")
    with pytest.raises(Exception, match="dead"):
        await bench.pay()
    await bench.run_sql("ALTER TABLE idempotency_keys DROP CONSTRAINT dead")
    left = await bench.books()

    retried = await bench.pay()

    assert left["payments"] == left["attempts"] == left["idempotency_keys"] == []
    assert retried.status_code == 202
    assert "Idempotent-Replayed" not in retried.headers


async def test_a_customer_who_retries_after_the_death_gets_the_first_payment(bench, no_fast_path):
    dying = await bench.another(parts=no_fast_path)
    accepted = await dying.pay(key="click")

    retried = await bench.pay(key="click")

    assert retried.content == accepted.content
    assert len((await bench.books())["payments"]) == 1


async def test_the_database_may_vanish_while_the_psp_answers(bench):
    bench.psp.script("create_payment", "hold")
    paying = asyncio.create_task(bench.pay())
    gate = await bench.psp.held.get()
    other = await bench.another()
    await other.run_sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE pid <> pg_backend_pid() AND datname = current_database()"
    )
    gate.set()
    accepted = await paying

    await bench.heal()

    assert accepted.status_code == 202
    assert (await bench.read(accepted.json()["id"]))["status"] == "SUCCESS"
    assert len(bench.psp.captured()) == 1
