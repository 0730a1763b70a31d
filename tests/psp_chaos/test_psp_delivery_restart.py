"""Deliveries survive the process: what waited, what was held, and what was just being sent."""

import asyncio
import itertools
from random import Random

import httpx
import pytest

from psp_chaos.app import create_psp
from psp_chaos.faults import FaultSpec
from psp_chaos.keeping.on_disk import ArchiveOnDisk
from psp_chaos.settings import PresetEndpoint, PspSettings

EPOCH_S = 1_700_000_000
ENDPOINT = PresetEndpoint(url="http://merchant/x", secret="whsec_1", enabled_events=("payment_intent.created",))


class Merchant(httpx.AsyncBaseTransport):
    """Takes what comes after a while, or refuses it."""

    def __init__(self):
        self.arrived = []
        self.status, self.takes_s = 200, 0

    async def handle_async_request(self, request):
        self.arrived.append((asyncio.get_running_loop().time(), (await request.aread())))
        await asyncio.sleep(self.takes_s)
        return httpx.Response(self.status)


class LoopClock:
    def now_us(self):
        return EPOCH_S * 1_000_000 + round(asyncio.get_running_loop().time() * 1_000_000)


class Ids:
    numbers = itertools.count(1)

    def new(self, prefix):
        return f"{prefix}_{next(self.numbers):06}"


@pytest.fixture
async def life(tmp_path):
    """Begin one life of a PSP on the same state file; `die()` ends it as SIGKILL would, after the last commit."""
    merchant, lives = Merchant(), []

    class Life:
        def __init__(self, **settings):
            self.merchant = merchant
            self.archive = ArchiveOnDisk(tmp_path / "state")
            self.psp = create_psp(
                settings=PspSettings(**{"webhook_endpoints": (ENDPOINT,), **settings}),
                clock=LoopClock(),
                ids=Ids(),
                random=lambda name: Random(f"7/{name}"),
                http=httpx.AsyncClient(transport=merchant),
                archive=self.archive,
            )
            self.client = httpx.AsyncClient(
                transport=httpx.ASGITransport(self.psp.app),
                base_url="http://psp",
                headers={"Authorization": "Bearer sk_test_paystorm"},
            )
            self.psp.resume()
            lives.append(self)

        async def create(self):
            return await self.client.post("/v1/payment_intents", data={"amount": 500, "currency": "eur"})

        async def die(self):
            lives.remove(self)
            await self.client.aclose()
            self.archive._connection.rollback()
            self.archive._connection.close()
            self.archive.commit = self.archive.clear = lambda: None
            await self.psp.close()

    yield Life
    while lives:
        await lives[-1].die()


async def test_a_retry_is_made_by_the_next_process_at_its_time(life):
    first = life()
    first.merchant.status = 500
    await first.create()
    await asyncio.sleep(10)
    await first.die()

    second = life()
    second.merchant.status = 200
    await asyncio.sleep(100)

    assert [at_s for at_s, _ in second.merchant.arrived] == [0, 60]
    assert second.psp.realms.first.queue.listed() == []
    assert second.psp.idle()


async def test_what_came_due_meanwhile_is_sent_at_once(life):
    first = life()
    first.merchant.status = 500
    await first.create()
    await asyncio.sleep(10)
    await first.die()
    await asyncio.sleep(1_000)

    second = life()
    second.merchant.status = 200
    await asyncio.sleep(1)

    assert [at_s for at_s, _ in second.merchant.arrived] == [0, 1_010]


async def test_what_was_being_sent_is_sent_again(life):
    first = life()
    first.merchant.takes_s = 10
    await first.create()
    await asyncio.sleep(1)
    await first.die()

    second = life()
    second.merchant.takes_s = 0
    await asyncio.sleep(1)

    (_, before), (_, again) = second.merchant.arrived
    assert before == again
    assert second.psp.realms.first.queue.listed() == []


async def test_what_was_delivered_is_not_sent_again(life):
    first = life()
    await first.create()
    await asyncio.sleep(1)
    await first.die()

    second = life()
    await asyncio.sleep(86_400 * 4)

    assert len(second.merchant.arrived) == 1


async def test_what_is_held_stays_held(life):
    first = life()
    first.psp.realms.first.queue.hold()
    await first.create()
    await first.die()

    second = life()
    await asyncio.sleep(86_400)
    queue = second.psp.realms.first.queue
    was_held, held, before = queue.is_held, len(queue.listed()), len(second.merchant.arrived)
    queue.release()
    await asyncio.sleep(1)

    assert (was_held, held, before) == (True, 1, 0)
    assert len(second.merchant.arrived) == 1


async def test_a_distorted_delivery_stays_distorted(life):
    first = life()
    first.merchant.status = 500
    first.psp.faults.install(spec("altered-amount", parameters={"by_minor": 7}))
    await first.create()
    await asyncio.sleep(1)
    await first.die()

    second = life()
    second.merchant.status = 200
    await asyncio.sleep(100)

    amounts = [
        httpx.Response(200, content=body).json()["data"]["object"]["amount"] for _, body in second.merchant.arrived
    ]
    assert amounts == [507, 507]


async def test_an_outage_ends_though_the_process_ended(life):
    first = life()
    first.psp.faults.install(spec("retry-storm", parameters={"outage_s": [600, 600], "copies_max": 1}))
    await first.create()
    await first.create()
    await first.die()

    second = life()
    await asyncio.sleep(601)

    assert [at_s for at_s, _ in second.merchant.arrived] == [600, 600]


async def test_events_keep_their_numbers_and_their_objects(life):
    first = life()
    created = (await first.create()).json()
    await asyncio.sleep(1)
    await first.die()

    second = life()
    await second.create()

    log = second.psp.realms.first.log
    assert [event.number for event in log.events.values()] == [0, 1]
    assert [event.type for event in log.of(created["id"])] == ["payment_intent.created"]


def spec(kind, **rest):
    return FaultSpec(id="the-fault", where="webhook", kind=kind, **rest)
