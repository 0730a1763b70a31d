"""The playground's page by itself: who gets in, what is refused, and what it shows of strangers' words."""

import re
from pathlib import Path

import httpx
import pytest
from sqlalchemy.engine import make_url

from scenarios.database import DatabaseServer
from scenarios.live.children import Children
from scenarios.live.credentials import Credentials
from scenarios.live.machines import Machines
from scenarios.live.playground import Playground
from scenarios.live.playground.guard import Guard
from scenarios.live.playground.pages import Pages
from scenarios.live.playground.shop import Shop
from scenarios.live.system import Addresses, LiveSystem

HOSTILE = "</pre><script>alert(1)</script>\u202e"
URL = "http://127.0.0.1:8001"
METRICS = """\
# TYPE paystorm_payments gauge
paystorm_payments{state="SUCCESS"} 3
paystorm_payments{state="PROCESSING"} 1
# TYPE paystorm_psp_circuit gauge
paystorm_psp_circuit{state="closed"} 0
paystorm_psp_circuit{state="half_open"} 1
"""


class FakeControl:
    """A control plane that remembers."""

    def __init__(self):
        self.faults = []

    def installed(self):
        return [{"id": fault.id, "bites": 2} for fault in self.faults]

    def remove_faults(self):
        self.faults.clear()

    def install(self, faults):
        self.faults.extend(faults)


class FakeService:
    """A service with one payment, which counts what it is asked."""

    def __init__(self):
        self.asked = []
        self.moved_at = "2026-05-04T03:02:02.000000Z"

    def answer(self, request):
        path = request.url.path
        self.asked.append(f"{request.method} {path}")
        if request.method == "POST":
            return httpx.Response(202, json={"id": "pay_1"})
        if path == "/metrics":
            return httpx.Response(200, text=METRICS)
        if path.endswith("/history"):
            return httpx.Response(200, json={"data": [_move("CREATED", "01.000000"), _move("SUCCESS", "01.250000")]})
        if path == "/v1/payments":
            return httpx.Response(200, json={"data": [self._payment()]})
        return httpx.Response(200, json={})

    def _payment(self):
        return {
            "id": "pay_1",
            "order_id": HOSTILE,
            "amount": 1999,
            "currency": "EUR",
            "status": "SUCCESS",
            "failure_reason": None,
            "amount_refunded": 0,
            "updated_at": self.moved_at,
        }


def _move(to, second):
    return {"from": None, "to": to, "reason": "captured", "source": "webhook", "at": f"2026-05-04T03:02:{second}Z"}


@pytest.fixture
def control():
    return FakeControl()


@pytest.fixture
def playground(control):
    children = Children(logs=Path("logs"))
    system = LiveSystem(
        addresses=Addresses(service_port=8000, psp_port=8420),
        credentials=Credentials.new(),
        children=children,
        control=control,
        database=make_url("postgresql://nowhere/"),
        server=DatabaseServer(url=make_url("postgresql://nowhere/"), version="18"),
        machines=Machines(children, {}),
    )
    return Playground(system=system, page_port=8001, load_port=8089)


@pytest.fixture
def service():
    return FakeService()


@pytest.fixture
async def browser(playground, service):
    """Somebody who has not shown the token."""
    async with httpx.AsyncClient(transport=httpx.MockTransport(service.answer)) as http:
        app = Guard(Pages(playground, http=http).app, playground)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=URL) as browser:
            yield browser


@pytest.fixture
async def page(browser, playground):
    """The page, for somebody who followed the link."""
    answer = await browser.get(playground.link, follow_redirects=True)
    assert answer.status_code == 200
    return answer.text


def _word(page):
    return re.search(r'name="word" value="(\w+)"', page)[1]


async def test_without_the_token_nothing_is_told_and_nothing_done(browser, playground, control):
    answers = [
        await browser.get("/"),
        await browser.get("/?token=wrong"),
        await browser.post("/enter", data={"token": "wr\u00f6ng"}),
        await browser.post("/buy"),
        await browser.post("/weather", data={"name": "throttled", "word": ""}),
    ]

    assert {answer.status_code for answer in answers} == {403}
    secrets = (playground.token, playground.system.credentials.api_key, playground.system.credentials.control_token)
    assert not any(secret in answer.text for answer in answers for secret in secrets)
    assert control.faults == []


async def test_the_token_leads_to_the_page_and_out_of_the_address(browser, playground):
    answer = await browser.get(playground.link)

    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "httponly" in answer.headers["set-cookie"].lower()
    assert "samesite=strict" in answer.headers["set-cookie"].lower()


@pytest.mark.parametrize("host", ["attacker.example:8001", "attacker.example", "127.0.0.1:8000", "127.0.0.1", ""])
async def test_under_another_name_nothing_is_answered(browser, page, host):
    answer = await browser.get("/", headers={"Host": host})

    assert answer.status_code == 421
    assert "Bearer" not in answer.text


async def test_localhost_is_led_to_the_address_whose_cookies_count(browser):
    answer = await browser.get("/", headers={"Host": "localhost:8001"})

    assert answer.headers["location"] == URL


@pytest.mark.parametrize("origin", ["https://attacker.example", "http://127.0.0.1:8000", "null"])
async def test_a_form_of_another_site_does_nothing(browser, page, control, origin):
    form = {"name": "throttled", "word": _word(page)}

    answer = await browser.post("/weather", data=form, headers={"Origin": origin})

    assert answer.status_code == 403
    assert control.faults == []


async def test_a_form_without_the_sessions_word_does_nothing(browser, page, control):
    answer = await browser.post("/weather", data={"name": "throttled", "word": "guessed"})

    assert answer.status_code == 403
    assert control.faults == []


async def test_a_storm_takes_the_place_of_the_one_before_and_all_can_be_ended(browser, page, control):
    word = _word(page)
    await browser.post("/weather", data={"name": "throttled", "word": word})
    throttled = [fault.id for fault in control.faults]
    await browser.post("/weather", data={"name": "silent-capture", "word": word}, headers={"Origin": URL})

    shown = (await browser.get("/")).text
    silent = {fault.id: fault for fault in control.faults}
    await browser.post("/weather", data={"word": word})

    assert throttled
    assert set(silent) == {"answer-lost", "answer-too-late", "error-remembered"}
    assert silent["answer-too-late"].fault().hang_s == 6  # at the pace of real time
    assert "Silent capture is on." in shown
    assert 'aria-label="Switch Silent capture off"' in shown
    assert "<dd>6</dd>" in shown  # bites
    assert control.faults == []


async def test_an_unknown_storm_is_said_to_be_unknown(browser, page, control):
    await browser.post("/weather", data={"name": "sunshine", "word": _word(page)})

    assert "sunshine" in (await browser.get("/")).text
    assert control.faults == []


async def test_several_clicks_are_one_order(browser, page, service):
    await browser.post("/buy", data={"clicks": "many", "word": _word(page)})

    assert service.asked.count("POST /v1/payments") == 5
    assert re.search(r"order-\w{6}: 5 clicks, 1 payment \(202: 5\)\.", (await browser.get("/")).text)


async def test_strangers_words_are_shown_as_words_and_no_script_of_theirs_can_run(browser, page):
    policy = (await browser.get("/")).headers["content-security-policy"]

    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page
    assert "\u202e" not in page
    assert policy.startswith("default-src 'none'; style-src 'self'; script-src 'self';")
    assert "form-action 'self' http://127.0.0.1:8420;" in policy


async def test_the_page_tells_states_history_and_numbers(page):
    assert "+250 ms" in page
    assert "EUR\u00a019.99" in page
    assert '<dt>not settled yet</dt><dd class="doubt">1</dd>' in page
    assert "half open" in page


async def test_the_history_of_a_payment_that_rests_is_asked_for_once(playground, service):
    async with httpx.AsyncClient(transport=httpx.MockTransport(service.answer)) as http:
        shop = Shop(playground, http)
        await shop.latest()
        await shop.latest()
        service.moved_at = "2026-05-04T03:02:03.000000Z"
        await shop.latest()

    assert service.asked.count("GET /v1/payments/pay_1/history") == 2


async def test_a_system_that_is_silent_is_shown_as_such(playground):
    def refuse(_request):
        raise httpx.ConnectError("refused")

    async with httpx.AsyncClient(transport=httpx.MockTransport(refuse)) as http:
        app = Guard(Pages(playground, http=http).app, playground)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=URL) as browser:
            page = (await browser.get(playground.link, follow_redirects=True)).text
            await browser.post("/buy", data={"word": _word(page)})
            after = (await browser.get("/")).text

    assert "The service does not answer." in page
    assert "It could not be done: refused" in after
