"""Equal inputs, equal outputs: a PSP under many faults behaves the same twice."""

import asyncio

import httpx

from psp_chaos.export import export_bites, export_books

STORM = [
    {"kind": "slow", "probability": 0.3, "parameters": {"delay_s": [1, 9]}},
    {"kind": "error-before", "probability": 0.1},
    {"kind": "late-effect", "probability": 0.2, "parameters": {"answer": "drop"}},
    {"kind": "drop-after", "probability": 0.2},
    {"kind": "lost", "probability": 0.3, "where": "webhook"},
    {"kind": "doubled", "probability": 0.3, "where": "webhook", "parameters": {"copies": 3}},
    {"kind": "reordered", "probability": 0.3, "where": "webhook"},
    {"kind": "early", "probability": 0.3, "where": "webhook"},
]

SETTINGS = {"latency_s": (0.1, 2), "asynchronous_share": 0.3}


async def customer(world, number):
    await asyncio.sleep(number % 7)
    for _ in range(3):
        try:
            answer = await world.pay(amount=100 + number, key=f"key-{number}")
            if answer.status_code == 200:
                await world.refund(answer.json()["id"], amount=50)
        except httpx.RemoteProtocolError:
            await asyncio.sleep(3)


async def storm(world):
    for fault in STORM:
        world.install(name=fault["kind"], **fault)
    await asyncio.gather(*(customer(world, number) for number in range(40)))
    await world.quiet()
    return world


def test_two_runs_of_one_seed_leave_the_same_books_journal_and_bites(play):
    first, second = (play(storm, **SETTINGS).psp for _ in range(2))

    assert {bite.kind for bite in first.faults.bites} == {fault["kind"] for fault in STORM}
    assert export_books(first) == export_books(second)
    assert export_bites(first) == export_bites(second)


def test_money_adds_up_in_the_storm(play):
    world = play(storm, **SETTINGS)

    for payment in world.payments:
        movements = [movement for movement in world.psp.ledger.movements.values() if movement.payment_id == payment.id]
        captured = sum(movement.amount_minor for movement in movements if movement.kind == "capture")
        assert captured == payment.captured_minor <= payment.amount_minor
        assert sum(movement.amount_minor for movement in movements) == captured - payment.refunded_minor >= 0
    keys = [
        line.idempotency_key
        for line in world.psp.journal.lines
        if getattr(line, "operation", "") == "create_payment" and line.object_id and not line.replayed
    ]
    assert len(keys) == len(set(keys)) == len(world.payments)
