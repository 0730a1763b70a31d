"""The monitor's line to the PSP: books that are read on from where something was still open, and switches."""

import itertools
import time
from random import Random

import httpx
import pytest

from psp_chaos.app import create_psp
from psp_chaos.control import ControlPlane, Plant
from psp_chaos.keeping.archive import MemoryArchive
from psp_chaos.settings import PspSettings
from scenarios.errors import BadInput
from scenarios.live.monitor.sources import PspSource
from scenarios.live.monitor.switchboard import Switchboard
from scenarios.live.switches import read_switches


class WallClock:
    def now_us(self):
        return time.time_ns() // 1000


class CountingIds:
    def __init__(self):
        self._numbers = itertools.count(1)

    def new(self, prefix):
        return f"{prefix}_{next(self._numbers):06}"


class Psp:
    """A PSP with a merchant who does not listen, and its control plane."""

    def __init__(self):
        settings = PspSettings(secret_key="sk_test_x", control_token="token", latency_s=(0, 0))
        clock, ids, archive = WallClock(), CountingIds(), MemoryArchive()
        nobody = httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(200)))
        self.psp = create_psp(settings=settings, clock=clock, ids=ids, random=Random, http=nobody, archive=archive)
        plant = Plant(psp=self.psp, settings=settings, clock=clock, ids=ids, archive=archive)
        self.transport = httpx.ASGITransport(ControlPlane(plant).app)
        self.headers = {"authorization": "Bearer token"}
        self.control = httpx.AsyncClient(transport=self.transport, base_url="http://psp/_chaos", headers=self.headers)
        self.merchant = httpx.AsyncClient(transport=self.transport, base_url="http://psp", auth=("sk_test_x", ""))

    async def pay(self, order, *, card="pm_card_visa"):
        form = {"amount": 1000, "currency": "eur", "confirm": "true", "payment_method": card}
        answer = await self.merchant.post("/v1/payment_intents", data=form | {"metadata[order_id]": order})
        return answer.json().get("id")  # none where a fault has bitten

    async def close(self):
        await self.control.aclose()
        await self.merchant.aclose()
        await self.psp.close()


@pytest.fixture
async def psp():
    psp = Psp()
    yield psp
    await psp.close()


@pytest.fixture
def switchboard(psp, tmp_path):
    return Switchboard(psp.control, scenario="duplicate-clicks", diaries=tmp_path)


class StumblingTransport(httpx.AsyncBaseTransport):
    """Fails to bring one book, once."""

    def __init__(self, within, *, book):
        self._within, self._book = within, book

    async def handle_async_request(self, request):
        if self._book is not None and request.url.path.endswith(self._book):
            self._book = None
            raise httpx.ConnectError("nobody answers", request=request)
        return await self._within.handle_async_request(request)


async def test_what_was_read_before_another_book_failed_is_read_again(psp):
    await psp.pay("order-1")
    transport = StumblingTransport(psp.transport, book="payments")
    async with httpx.AsyncClient(transport=transport, base_url="http://psp/_chaos", headers=psp.headers) as http:
        source = PspSource(http)

        with pytest.raises(httpx.ConnectError):
            await source.read_news()
        news = await source.read_news()

    assert [len(news[book]) for book in ("movements", "payments")] == [1, 1]


def orders(news):
    return [row["metadata"]["order_id"] for row in news["payments"]]


async def test_what_is_final_is_read_once(psp):
    source = PspSource(psp.control)
    await psp.pay("order-1")
    first = await source.read_news()
    await psp.pay("order-2")

    second = await source.read_news()

    assert (orders(first), orders(second)) == (["order-1"], ["order-2"])
    assert [row["kind"] for row in first["movements"]] == ["capture"]


async def test_what_is_not_final_is_read_again_until_it_is(psp):
    source = PspSource(psp.control)
    waiting = await psp.pay("order-1", card="pm_card_authenticationRequired")
    await psp.pay("order-2")
    first = await source.read_news()
    again = await source.read_news()
    await psp.control.post(f"/payments/{waiting}/authenticate")

    decided = await source.read_news()

    assert orders(first) == orders(again) == ["order-1", "order-2"]
    assert [row["status"] for row in decided["payments"]] == ["captured", "captured"]
    assert len(decided["movements"]) == 1
    assert orders(await source.read_news()) == []


async def test_a_fault_is_switched_on_bites_and_is_switched_off(psp, switchboard, tmp_path):
    await switchboard.turn("psp-unavailable", on=True, at_us=1)
    for number in range(60):  # it bites one time in a dozen
        await psp.pay(f"order-{number}")
    bitten = shown(await switchboard.show(), "psp-unavailable")
    await switchboard.turn("psp-unavailable", on=False, at_us=2)

    off = shown(await switchboard.show(), "psp-unavailable")

    assert bitten["on"]
    assert bitten["bites"] >= 1
    assert (off["on"], off["bites"]) == (False, bitten["bites"])
    assert [(one["fault"], one["on"]) for one in read_switches(tmp_path)] == [
        ("psp-unavailable", True),
        ("psp-unavailable", False),
    ]


async def test_a_preset_is_one_switch_for_all_its_faults_and_leaves_the_scenarios_own_alone(psp, switchboard):
    await switchboard.begin("lost-webhooks", at_us=1)
    await switchboard.turn("lost-webhooks", on=True, at_us=2)

    switches = await switchboard.show()

    assert shown(switches, "lost-webhooks")["group"] == "preset"
    assert shown(switches, "lost-webhooks")["on"]
    assert not any(one["group"] == "installed elsewhere" for one in switches)
    assert {one["name"] for one in switches if one["group"] == "scenario"}.isdisjoint({"lost-webhooks"})


async def test_a_fault_that_somebody_installed_on_the_psps_own_page_is_seen_and_can_be_switched_off(psp, switchboard):
    fault = {"id": "<b>?#", "where": "reply", "kind": "drop-before", "nth": [50]}
    (await psp.control.post("/faults", json=fault)).raise_for_status()
    seen = shown(await switchboard.show(), "<b>?#")

    await switchboard.turn("<b>?#", on=False, at_us=1)

    assert (seen["group"], seen["on"]) == ("installed elsewhere", True)
    assert all(one["group"] != "installed elsewhere" for one in await switchboard.show())


async def test_another_scenario_brings_its_own_faults_and_the_same_one_leaves_what_was_switched(psp, switchboard):
    await switchboard.begin("lost-webhooks", at_us=1)
    own = [one["name"] for one in await switchboard.show() if one["group"] == "scenario" and one["on"]]
    await switchboard.turn(own[0], on=False, at_us=2)

    await switchboard.begin("lost-webhooks", at_us=3)

    assert own
    assert not shown(await switchboard.show(), own[0])["on"]


async def test_what_does_not_exist_is_refused(switchboard):
    with pytest.raises(BadInput, match="there is no fault nothing"):
        await switchboard.turn("nothing", on=True, at_us=1)


def shown(switches, name):
    return next(one for one in switches if one["name"] == name)
