"""The monitor's few addresses: for who has the token, with little, and never more than what is asked."""

import httpx
import pytest

from scenarios.errors import BadInput
from scenarios.live.monitor.desk import desk

TOKEN = {"authorization": "Bearer the-token"}


class Watch:
    """What the desk needs of a watch, with what was asked of it."""

    page = b'{"purchases":3}'

    def __init__(self):
        self.switchboard, self.turned, self.begun = self, [], []

    def now_us(self):
        return 17

    async def turn(self, name, *, on, at_us):
        if name == "nothing":
            raise BadInput("there is no fault nothing")
        self.turned.append((name, on, at_us))

    async def begin(self, scenario, *, at_us):
        self.begun.append((scenario, at_us))

    async def look_at_switches(self):
        self.page = b'{"purchases":3,"faults":[]}'


@pytest.fixture
def watch():
    return Watch()


@pytest.fixture
async def http(watch):
    transport = httpx.ASGITransport(desk(watch, token="the-token"))
    async with httpx.AsyncClient(transport=transport, base_url="http://monitor") as http:
        yield http


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer"}, {"authorization": "Bearer the-token2"}])
@pytest.mark.parametrize(("method", "path"), [("GET", "/state"), ("POST", "/switch"), ("POST", "/begin")])
async def test_nobody_gets_in_without_the_token(http, watch, method, path, headers):
    answer = await http.request(method, path, json={"name": "x", "on": True, "scenario": "x"}, headers=headers)

    assert answer.status_code == 401
    assert (watch.turned, watch.begun) == ([], [])


async def test_the_page_is_what_was_seen(http):
    answer = await http.get("/state", headers=TOKEN)

    assert answer.json() == {"purchases": 3}


async def test_a_switch_is_turned_and_seen_at_once(http, watch):
    answer = await http.post("/switch", json={"name": "psp-slow", "on": True}, headers=TOKEN)

    assert watch.turned == [("psp-slow", True, 17)]
    assert "faults" in answer.json()


async def test_a_load_begins_with_its_scenario(http, watch):
    answer = await http.post("/begin", json={"scenario": "lost-webhooks"}, headers=TOKEN)

    assert answer.status_code == 204
    assert watch.begun == [("lost-webhooks", 17)]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"name":"x"}',
        b'{"name":"x","on":"maybe"}',
        b'{"name":"x","on":true,"more":1}',
        b" " * 5_000,
        b"\xff",
    ],
)
async def test_what_cannot_be_understood_is_refused(http, watch, body):
    answer = await http.post("/switch", content=body, headers=TOKEN)

    assert answer.status_code == 400
    assert answer.json()["error"]
    assert watch.turned == []


async def test_what_does_not_exist_is_named(http):
    answer = await http.post("/switch", json={"name": "nothing", "on": True}, headers=TOKEN)

    assert (answer.status_code, answer.json()) == (400, {"error": "there is no fault nothing"})
