"""A PSP that is silent is left alone, and nothing fails for that."""

import pytest


@pytest.fixture
async def silent(bench):
    """A PSP that has been silent for as long as it takes."""
    small = await bench.another(circuit_failures=3, circuit_open_s=30)
    bench.psp.script("create_payment", *["timeout_before"] * 3)
    for number in range(3):
        await small.pay(key=f"silent-{number}")
    return small


async def test_while_it_is_open_nothing_is_sent_and_nothing_changes(silent):
    sent = len(silent.psp.requests)

    payment = (await silent.pay(key="later")).json()
    silent.clock.advance(silent.settings.dispatch_grace_s + 1)
    done = await silent.service.worker.tick()

    assert len(silent.psp.requests) == sent
    assert (done.attempts, done.found_work) == (0, True)
    assert (await silent.read(payment["id"]))["status"] == "CREATED"
    attempt = (await silent.books())["attempts"][-1]
    assert (attempt["state"], attempt["tries"], attempt["first_sent_at_us"]) == ("UNSENT", 0, None)


async def test_the_first_word_closes_it_and_everything_is_finished(silent):
    payment = (await silent.pay(key="later")).json()

    await silent.heal(seconds=600, step_s=31)

    assert {one["state"] for one in (await silent.books())["payments"]} == {"SUCCESS"}
    assert await silent.history(payment["id"]) == [
        ("CREATED", "api"),
        ("PROCESSING", "worker"),
        ("SUCCESS", "worker"),
    ]


async def test_a_silence_that_goes_on_is_tried_once_in_a_while_and_nothing_fails(silent):
    silent.psp.script("create_payment", *["timeout_before"] * 100)
    silent.psp.requests.clear()

    for _ in range(60):
        silent.clock.advance(10)
        await silent.service.worker.tick()

    # Every half minute one; whoever asks again also looks through the list.
    assert 15 <= silent.psp.count("create_payment") <= 21
    assert {one["state"] for one in (await silent.books())["payments"]} == {"PROCESSING"}
