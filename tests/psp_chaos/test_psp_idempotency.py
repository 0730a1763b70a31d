"""Idempotency at the PSP: what is replayed, what is refused, what is forgotten."""

import asyncio

import pytest

from psp_chaos.answers import Answer
from psp_chaos.errors import KeyInUse, KeyReused
from psp_chaos.idempotency import IdempotencyKeys
from psp_chaos.keeping.archive import MemoryArchive
from psp_chaos.profiles import PROFILES

ANSWER = Answer(status=200, body=b"{}")


class Clock:
    at_us = 0

    def now_us(self):
        return self.at_us


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def keys(clock):
    return IdempotencyKeys(clock=clock, archive=MemoryArchive(), profile=PROFILES["stripe-v1"], retention_s=10)


def finish(keys, key, *, fingerprint="f", answer=ANSWER):
    with keys.claim(key, fingerprint=fingerprint) as claim:
        claim.remember(answer)


def test_a_finished_request_is_recalled(keys):
    finish(keys, "k")

    assert keys.recall("k", fingerprint="f") == ANSWER


def test_another_request_with_the_key_is_refused_even_while_the_first_is_in_flight(keys):
    with keys.claim("k", fingerprint="f"), pytest.raises(KeyReused):
        keys.recall("k", fingerprint="another")


def test_a_repetition_while_the_first_is_in_flight_is_refused(keys):
    with keys.claim("k", fingerprint="f"), pytest.raises(KeyInUse):
        keys.recall("k", fingerprint="f")


def test_a_request_that_ends_without_an_answer_gives_the_key_back(keys):
    with keys.claim("k", fingerprint="f"):
        pass

    assert keys.recall("k", fingerprint="another") is None


def test_a_key_is_forgotten_after_the_retention_and_not_before(keys, clock):
    finish(keys, "k")
    clock.at_us = 9_999_999
    assert keys.recall("k", fingerprint="f") == ANSWER

    clock.at_us = 10_000_000

    assert keys.recall("k", fingerprint="another") is None


def test_a_key_in_use_is_never_forgotten_and_does_not_keep_others_alive(keys, clock):
    with keys.claim("slow", fingerprint="f"):
        finish(keys, "quick")
        clock.at_us = 10_000_000

        with pytest.raises(KeyInUse):
            keys.recall("slow", fingerprint="f")
        assert keys.recall("quick", fingerprint="f") is None


def test_a_key_is_forgotten_on_request_if_it_is_old_enough(keys, clock):
    finish(keys, "k")
    clock.at_us = 3_000_000

    forgotten = [keys.forget("k", older_than_s=seconds) for seconds in (3.1, 3, 3)]

    assert forgotten == [False, True, False]
    assert not keys.is_known("k")


def test_a_claim_without_a_key_is_found_by_nobody(keys):
    with keys.claim(None, fingerprint="f") as claim:
        claim.remember(ANSWER)

    assert keys.recall("k", fingerprint="f") is None


async def test_a_repetition_gets_the_first_answer_and_moves_nothing(world):
    first = await world.pay(key="k")

    second = await world.pay(key="k")

    assert second.content == first.content
    assert second.headers["Idempotent-Replayed"] == "true"
    assert second.headers["Original-Request"] == first.headers["Request-Id"]
    assert second.headers["Request-Id"] != first.headers["Request-Id"]
    assert world.captured_minor == 1000


async def test_the_order_of_the_fields_does_not_make_another_request(world):
    first = await world.client.post(
        "/v1/payment_intents", content="amount=50&currency=eur", headers={"Idempotency-Key": "k"}
    )

    second = await world.client.post(
        "/v1/payment_intents", content="currency=eur&amount=50", headers={"Idempotency-Key": "k"}
    )

    assert second.json() == first.json()


async def test_the_key_with_another_amount_is_a_400_and_changes_nothing(world):
    await world.pay(amount=1000, key="k")

    refused = await world.pay(amount=1001, key="k")

    assert refused.status_code == 400
    assert refused.json()["error"]["type"] == "idempotency_error"
    assert world.captured_minor == 1000


async def test_the_key_on_another_path_is_a_400(world):
    payment = (await world.pay(key="k")).json()

    refused = await world.refund(payment["id"], key="k")

    assert refused.status_code == 400
    assert refused.json()["error"]["type"] == "idempotency_error"


async def test_of_many_at_once_one_is_executed_and_the_others_are_told_to_wait(open_world):
    world = open_world(latency_s=(1, 1))

    answers = await asyncio.gather(*(world.pay(key="k") for _ in range(20)))

    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 19
    assert {answer.json()["error"]["code"] for answer in answers if answer.status_code == 409} == {
        "idempotency_key_in_use"
    }
    assert world.captured_minor == 1000
    assert (await world.pay(key="k")).headers["Idempotent-Replayed"] == "true"


async def test_a_decline_is_remembered(world):
    first = await world.pay(card="pm_card_chargeDeclined", key="k")

    second = await world.pay(card="pm_card_chargeDeclined", key="k")

    assert (first.status_code, second.content) == (402, first.content)
    assert len(world.payments) == 1


async def test_a_refusal_by_the_books_is_remembered_although_it_would_succeed_later(world):
    payment = (await world.post("/v1/payment_intents", {"amount": 50, "currency": "eur"})).json()
    refused = await world.refund(payment["id"], key="k")
    await world.post(f"/v1/payment_intents/{payment['id']}/confirm", {"payment_method": "pm_card_visa"})

    again = await world.refund(payment["id"], key="k")

    assert refused.status_code == 400
    assert again.content == refused.content


async def test_a_refusal_of_the_parameters_is_not_remembered(world):
    refused = await world.pay(amount="nothing", key="k")

    mended = await world.pay(amount=70, key="k")

    assert refused.status_code == 400
    assert mended.status_code == 200


async def test_a_request_that_nobody_could_authenticate_is_not_remembered(world):
    form = {"amount": 50, "currency": "eur"}
    headers = {"Authorization": "Bearer sk_test_wrong", "Idempotency-Key": "k"}
    refused = await world.client.post("/v1/payment_intents", data=form, headers=headers)

    accepted = await world.post("/v1/payment_intents", form, key="k")

    assert (refused.status_code, accepted.status_code) == (401, 200)
    assert "Idempotent-Replayed" not in accepted.headers


async def test_after_the_retention_the_key_pays_anew(open_world):
    world = open_world(idempotency_retention_s=60)
    await world.pay(key="k")
    await asyncio.sleep(60)

    await world.pay(key="k")

    assert world.captured_minor == 2000


async def test_a_request_without_a_key_is_never_a_repetition(world):
    await world.pay()
    await world.pay()

    assert world.captured_minor == 2000


async def test_a_request_that_was_abandoned_while_the_psp_was_thinking_frees_its_key(open_world):
    world = open_world(latency_s=(5, 5))
    request = asyncio.create_task(world.pay(key="k"))
    await asyncio.sleep(1)

    request.cancel()
    await asyncio.gather(request, return_exceptions=True)

    assert world.payments == []
    assert (await world.pay(amount=50, key="k")).status_code == 200


@pytest.mark.parametrize("gives_up_after_s", [0.5, 4.9, 5.1, 8, 20])
async def test_whenever_a_client_gives_up_its_repetition_pays_once(open_world, gives_up_after_s):
    world = open_world(latency_s=(5, 5))
    world.install("hang-after", nth=[1], parameters={"hang_s": 30})
    request = asyncio.create_task(world.pay(key="k"))
    await asyncio.sleep(gives_up_after_s)
    request.cancel()
    await asyncio.gather(request, return_exceptions=True)

    await asyncio.gather(world.pay(key="k"), return_exceptions=True)
    await world.pay(key="k")

    assert world.captured_minor == 1000


async def test_a_key_longer_than_stripe_allows_is_refused(world):
    refused = await world.pay(key="k" * 256)

    assert refused.status_code == 400
