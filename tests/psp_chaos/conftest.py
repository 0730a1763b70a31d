"""A PSP in a world of its own: a clock that jumps, a merchant that listens, and a client that can be cut off.

Tests here run on a loop that never waits: when nothing is ready its clock jumps to the next timer. So a schedule of
three days costs nothing, and what happens at which second can be asserted exactly.
"""

import asyncio
import itertools
import selectors
from dataclasses import dataclass, field
from random import Random

import httpx
import pytest

from psp_chaos.app import create_psp
from psp_chaos.faults import FaultSpec
from psp_chaos.settings import PresetEndpoint, PspSettings
from psp_chaos.wire.replies import ABORT

EPOCH_S = 1_700_000_000
SECRET_KEY = "sk_test_merchant"
WEBHOOK_SECRET = "whsec_merchant"
WEBHOOK_URL = "http://merchant/webhooks"
WEBHOOK_EVENTS = (  # what becomes of payments and refunds, and not the charges behind them
    "payment_intent.created",
    "payment_intent.succeeded",
    "payment_intent.payment_failed",
    "payment_intent.canceled",
    "refund.created",
    "refund.updated",
    "refund.failed",
)
AUTHORIZED = {"Authorization": f"Bearer {SECRET_KEY}"}


class JumpingSelector(selectors.SelectSelector):
    """Never waits: it moves the time forward instead."""

    now_s = 0.0

    def select(self, timeout=None):
        if timeout is None:
            raise AssertionError("everything waits and nothing will ever happen")
        self.now_s += timeout
        return super().select(0)


class JumpingLoop(asyncio.SelectorEventLoop):
    """A loop for tests without real I/O."""

    def __init__(self):
        self._jumping = JumpingSelector()
        super().__init__(self._jumping)

    def time(self):
        return self._jumping.now_s


def pytest_asyncio_loop_factories():
    return {"jumping": JumpingLoop}


class LoopClock:
    def now_us(self):
        return EPOCH_S * 1_000_000 + round(asyncio.get_running_loop().time() * 1_000_000)


class CountingIds:
    def __init__(self):
        self._numbers = itertools.count(1)

    def new(self, prefix):
        return f"{prefix}_{next(self._numbers):06}"


@dataclass
class Delivery:
    """One webhook as it reached the merchant."""

    at_s: float
    event: dict
    body: bytes
    headers: httpx.Headers

    @property
    def type(self):
        return self.event["type"]


@dataclass
class Merchant(httpx.AsyncBaseTransport):
    """The merchant's side: writes down what arrives and answers as told."""

    answers: list = field(default_factory=list)  # statuses or exceptions for the next deliveries; then always 200
    takes_s: float = 0.0
    deliveries: list[Delivery] = field(default_factory=list)

    async def handle_async_request(self, request):
        at_s = asyncio.get_running_loop().time()
        body = await request.aread()
        answer = self.answers.pop(0) if self.answers else 200
        if isinstance(answer, Exception):
            raise answer
        await asyncio.sleep(self.takes_s)
        event = httpx.Response(200, content=body).json()
        self.deliveries.append(Delivery(at_s=at_s, event=event, body=body, headers=request.headers))
        return httpx.Response(answer)

    @property
    def types(self):
        return [delivery.type for delivery in self.deliveries]


def cuttable(app):
    """Offer the extension by which the PSP cuts a connection, as its own server does."""

    async def serve(scope, receive, send):
        cut = asyncio.Event()
        await app({**scope, "extensions": {ABORT: cut.set}}, receive, send)
        if cut.is_set():
            raise httpx.RemoteProtocolError("the server cut the connection")

    return serve


class PspWorld:
    """One PSP with its merchant."""

    def __init__(self, *, targets=None, **settings):
        self.merchant = Merchant()
        endpoint = PresetEndpoint(url=WEBHOOK_URL, secret=WEBHOOK_SECRET, enabled_events=WEBHOOK_EVENTS)
        defaults = {"secret_key": SECRET_KEY, "control_token": "token", "webhook_endpoints": (endpoint,)}
        self.psp = create_psp(
            settings=PspSettings(**{**defaults, **settings}),
            clock=LoopClock(),
            ids=CountingIds(),
            random=lambda name: Random(f"7/{name}"),
            http=httpx.AsyncClient(transport=self.merchant),
            targets=targets,
        )
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(cuttable(self.psp.app)), base_url="http://psp", headers=AUTHORIZED
        )

    @property
    def now_s(self):
        return asyncio.get_running_loop().time()

    def install(self, kind, *, where="reply", name="the-fault", **rest):
        self.psp.faults.install(FaultSpec(id=name, where=where, kind=kind, **rest))

    async def post(self, path, form=None, *, key=None):
        headers = {"Idempotency-Key": key} if key else {}
        return await self.client.post(path, data=form or {}, headers=headers)

    async def get(self, path, **query):
        return await self.client.get(path, params=query)

    async def pay(self, *, amount=1000, card="pm_card_visa", key=None, **more):
        form = {"amount": amount, "currency": "eur", "confirm": "true", "payment_method": card, **more}
        return await self.post("/v1/payment_intents", form, key=key)

    async def refund(self, payment_id, *, amount=None, key=None, **more):
        form = {"payment_intent": payment_id, **({"amount": amount} if amount else {}), **more}
        return await self.post("/v1/refunds", form, key=key)

    async def quiet(self):
        """Wait until no delivery and no late effect is pending."""
        while not self.psp.idle():  # noqa: ASYNC110 - on this loop a second costs nothing
            await asyncio.sleep(1)

    @property
    def payments(self):
        return list(self.psp.books.payments.values())

    @property
    def captured_minor(self):
        return sum(payment.captured_minor for payment in self.payments)

    @property
    def bites(self):
        return self.psp.faults.bites


@pytest.fixture
async def open_world():
    """Open a PSP with these settings; it is closed after the test."""
    worlds = []

    def open_one(**settings):
        worlds.append(PspWorld(**settings))
        return worlds[-1]

    yield open_one
    for world in worlds:
        await world.client.aclose()
        await world.psp.close()


@pytest.fixture
async def world(open_world):
    """A PSP with one webhook endpoint that wants to know what becomes of payments and refunds."""
    return open_world()


@pytest.fixture
def play():
    """Play a story from the beginning of time: `play(story, **settings)` runs `story(world)` on a loop of its own."""

    def play_one(story, **settings):
        async def told():
            world = PspWorld(**settings)
            return await story(world)

        with asyncio.Runner(loop_factory=JumpingLoop) as runner:
            return runner.run(told())

    return play_one
