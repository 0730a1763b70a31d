"""Endpoints: changed, disabled by hand and by their failures, enabled again, deleted."""

import asyncio

import httpx
import pytest

from psp_chaos.delivery.post import ANSWER_BYTES_MAX, post
from psp_chaos.delivery.sealing import SealedEvent
from psp_chaos.delivery.targets import ListedTargets
from psp_chaos.settings import PspSettings

URL = "/v1/webhook_endpoints"


@pytest.fixture
async def endpoint(world):
    return (await world.get(URL)).json()["data"][0]


async def test_an_endpoint_is_changed_and_keeps_its_secret(world, endpoint):
    form = {"url": "http://merchant/new", "enabled_events[0]": "refund.created", "metadata[a]": "1", "description": "d"}

    changed = (await world.post(f"{URL}/{endpoint['id']}", form)).json()
    payment = (await world.pay()).json()
    await world.refund(payment["id"])
    await world.quiet()

    assert {name: changed[name] for name in ("url", "enabled_events", "metadata", "description", "status")} == {
        "url": "http://merchant/new",
        "enabled_events": ["refund.created"],
        "metadata": {"a": "1"},
        "description": "d",
        "status": "enabled",
    }
    assert "secret" not in changed
    assert world.merchant.types == ["refund.created"]


async def test_what_is_not_named_stays_as_it_is(world, endpoint):
    await world.post(f"{URL}/{endpoint['id']}", {"metadata[a]": "1", "metadata[b]": "2", "description": "d"})

    changed = (await world.post(f"{URL}/{endpoint['id']}", {"metadata[a]": ""})).json()

    assert changed == {**endpoint, "metadata": {"b": "2"}, "description": "d"}


async def test_a_disabled_endpoint_gets_nothing_until_it_is_enabled(world, endpoint):
    disabled = (await world.post(f"{URL}/{endpoint['id']}", {"disabled": "true"})).json()
    await world.pay()

    enabled = (await world.post(f"{URL}/{endpoint['id']}", {"disabled": "false"})).json()
    await world.post("/v1/payment_intents", {"amount": 500, "currency": "eur"})
    await world.quiet()

    assert (disabled["status"], enabled["status"]) == ("disabled", "enabled")
    assert world.merchant.types == ["payment_intent.created"]


async def test_what_waits_for_an_endpoint_that_is_disabled_stops(world, endpoint):
    world.merchant.answers = [500, 500]
    await world.pay()
    await asyncio.sleep(1)

    await world.post(f"{URL}/{endpoint['id']}", {"disabled": "true"})
    await world.quiet()

    assert len(world.merchant.deliveries) == 2
    assert len((await world.get("/v1/events", delivery_success="false")).json()["data"]) == 2


async def test_what_waits_goes_on_if_the_endpoint_is_enabled_in_time(world, endpoint):
    world.merchant.answers = [500, 500]
    await world.pay()
    await asyncio.sleep(1)

    await world.post(f"{URL}/{endpoint['id']}", {"disabled": "true"})
    await world.post(f"{URL}/{endpoint['id']}", {"disabled": "false"})
    await world.quiet()

    assert [delivery.at_s for delivery in world.merchant.deliveries] == [0, 0, 60, 60]


async def test_an_endpoint_that_fails_for_long_enough_is_disabled(open_world):
    world = open_world(endpoint_disabled_after_s=3_600, endpoint_failures_min=4)
    world.merchant.answers = [500] * 1_000
    await world.pay()

    await asyncio.sleep(3_599)
    before = (await world.get(URL)).json()["data"][0]["status"]
    await world.quiet()

    after = (await world.get(URL)).json()["data"][0]["status"]
    assert (before, after) == ("enabled", "disabled")
    assert max(delivery.at_s for delivery in world.merchant.deliveries) < 2 * 3_600


@pytest.mark.parametrize("setting", [{"endpoint_disabled_after_s": None}, {"endpoint_failures_min": 1_000}])
async def test_an_endpoint_is_not_disabled_otherwise(open_world, setting):
    world = open_world(**{"endpoint_disabled_after_s": 3_600, "endpoint_failures_min": 4, **setting})
    world.merchant.answers = [500] * 1_000
    await world.pay()

    await asyncio.sleep(4 * 86_400)

    assert (await world.get(URL)).json()["data"][0]["status"] == "enabled"


async def test_one_success_is_enough_to_stay_enabled(open_world):
    world = open_world(endpoint_disabled_after_s=3_600, endpoint_failures_min=4)
    world.merchant.answers = [500] * 8
    await world.pay()
    await asyncio.sleep(1_000)

    await world.post("/v1/payment_intents", {"amount": 500, "currency": "eur"})
    world.merchant.answers = []
    await world.quiet()

    assert (await world.get(URL)).json()["data"][0]["status"] == "enabled"
    assert world.psp.realms.first.endpoints.endpoints[(await world.get(URL)).json()["data"][0]["id"]].failures == 0


async def test_a_deleted_endpoint_leaves_nothing_behind(world, endpoint):
    world.merchant.answers = [500, 500]
    await world.pay()
    await asyncio.sleep(1)

    deleted = (await world.client.delete(f"{URL}/{endpoint['id']}")).json()

    assert deleted == {"id": endpoint["id"], "object": "webhook_endpoint", "deleted": True}
    await world.quiet()
    assert world.now_s < 60
    assert world.psp.realms.first.queue.listed() == []


async def test_the_version_of_an_endpoint_is_the_version_of_its_events(open_world):
    world = open_world(webhook_endpoints=())
    form = {"url": "http://merchant/x", "enabled_events[0]": "*", "api_version": "2024-06-20"}

    opened = (await world.post(URL, form)).json()
    await world.pay()
    await world.quiet()

    assert opened["api_version"] == "2024-06-20"
    assert {delivery.event["api_version"] for delivery in world.merchant.deliveries} == {"2024-06-20"}


async def test_a_target_that_is_not_allowed_is_refused_in_stripes_way(open_world):
    world = open_world(targets=ListedTargets.of(PspSettings(webhook_hosts=("merchant",))))
    endpoint = (await world.get(URL)).json()["data"][0]

    opened = await world.post(URL, {"url": "http://169.254.169.254/x", "enabled_events[0]": "*"})
    moved = await world.post(f"{URL}/{endpoint['id']}", {"url": "http://10.0.0.1/x"})

    assert [answer.status_code for answer in (opened, moved)] == [400, 400]
    assert [answer.json()["error"]["param"] for answer in (opened, moved)] == ["url", "url"]
    assert (await world.get(f"{URL}/{endpoint['id']}")).json()["url"] == endpoint["url"]


class Endless(httpx.AsyncByteStream):
    """An answer that never ends."""

    def __init__(self):
        self.read = 0

    async def __aiter__(self):
        while True:
            self.read += 1_024
            yield b"x" * 1_024


async def test_an_answer_of_the_merchant_is_not_read_to_its_end():
    answer = Endless()
    sealed = SealedEvent(body=b"{}", headers={}, event_id="evt_1", event_type="x")
    http = httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(200, stream=answer)))

    status = await post(http, "http://merchant/x", sealed, timeout_s=5)

    assert status == 200
    assert 0 < answer.read <= ANSWER_BYTES_MAX
