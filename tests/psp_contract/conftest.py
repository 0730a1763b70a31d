"""The official Stripe SDK, unmodified, against the PSP as a process of its own.

A test here is a probe: something that people's code does with the SDK. Most are asked in four ways, because the SDK's
two styles and its two kinds of waiting have different defaults and partly different code.
"""

import asyncio
import contextlib
import itertools
import json
import os
import queue
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property, partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
import stripe

HERE = Path(__file__).parent
TOKEN = "control_contract"
PATIENCE_S = 15.0
NO_PROBES = ("test_contract_fuzz", "test_contract_openapi")

KEY = "sk_test_contract"
LIVE_KEY = "sk_live_contract"
OTHER_KEY = "sk_test_neighbour"
CROWD_KEY = "sk_test_crowd"
READING_KEY = "rk_test_reader"
API_KEYS = (  # besides the first, which opens the PSP's own account
    {"secret": LIVE_KEY},
    {"secret": OTHER_KEY, "account": "acct_neighbour"},
    {"secret": CROWD_KEY, "account": "acct_crowd"},
    {"secret": READING_KEY, "permissions": {"payment_intents": "read"}},
)

_numbers = itertools.count(1)


def pytest_collection_modifyitems(items):
    # The SDK hands httpx its bodies in a way that httpx would like to see changed; as an error it would look like a
    # network failure to the SDK, and tests of network failures would pass for nothing.
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning"))


def pytest_terminal_summary(terminalreporter):
    """Count the probes; what is beside them does not use the SDK."""
    folder = str(HERE.relative_to(terminalreporter.config.rootpath))
    counts = {
        outcome: sum(
            report.nodeid.startswith(folder) and not any(name in report.nodeid for name in NO_PROBES)
            for report in terminalreporter.getreports(outcome)
        )
        for outcome in ("passed", "failed", "error", "skipped")
    }
    if probes := sum(counts.values()):
        terminalreporter.write_line(f"psp contract: {probes} probes, {counts['passed']} passed")


def until(condition, *, within_s=PATIENCE_S):
    """Wait until something is so, and return what it is."""
    deadline = time.monotonic() + within_s
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not become so in time"
        time.sleep(0.01)
    return found


@pytest.fixture(name="until")
def until_fixture():
    return until


@dataclass(frozen=True, kw_only=True)
class Psp:
    """A running PSP, and its back door."""

    url: str
    control: httpx.Client
    pid: int

    def install(self, kind, *, order=None, where="reply", selector=None, **rest):
        """Install a fault, by default one that hits this order alone."""
        fault = {"id": f"{kind}-{next(_numbers)}", "where": where, "kind": kind}
        chosen = {**({"metadata": {"order": order}} if order else {}), **(selector or {})}
        self.control.post("/faults", json={**fault, "selector": chosen, **rest}).raise_for_status()

    def bites_of(self, order):
        """Return how often faults of this order bit."""
        installed = self.control.get("/faults").raise_for_status().json()["data"]
        mine = {fault["id"] for fault in installed if fault["selector"].get("metadata") == {"order": order}}
        return sum(bite["fault"] in mine for bite in self._all("/bites"))

    def payments_of(self, order):
        """Return the payments of this order as they are in the books."""
        return [row for row in self._all("/books/payments") if row["metadata"].get("order") == order]

    def _all(self, path):
        rows, page = [], {"next": None, "has_more": True}
        while page["has_more"]:
            after = {"after": page["next"]} if page["next"] else {}
            page = self.control.get(path, params={"limit": 1_000, **after}).raise_for_status().json()
            rows += page["data"]
        return rows

    def advance(self, *, seconds):
        """Move the PSP's clock, and let what was due in between happen."""
        self.control.post("/clock/advance", json={"seconds": seconds}).raise_for_status()


@pytest.fixture(scope="session")
def launch(tmp_path_factory):
    """Start a PSP as an operator would: `launch(**variables)`; the same variables give the same PSP again."""
    with contextlib.ExitStack() as running:
        started = {}

        def start(**variables):
            name = json.dumps(variables, sort_keys=True)
            if name not in started:
                log = tmp_path_factory.mktemp("psp") / "stderr.txt"
                started[name] = running.enter_context(_running(variables, log=log))
            return started[name]

        yield start


@contextlib.contextmanager
def _running(variables, *, log):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = {
        "PSP_PORT": str(port),
        "PSP_API_KEYS": json.dumps(API_KEYS),
        "PSP_SECRET_KEY": KEY,
        "PSP_CONTROL_TOKEN": TOKEN,
        "PSP_LOG_LEVEL": "error",
        **{f"PSP_{name.upper()}": _as_variable(value) for name, value in variables.items()},
    }
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "psp_chaos.main"],
            env={**os.environ, **settings},
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
    url = f"http://127.0.0.1:{port}"
    headers = {"Authorization": f"Bearer {TOKEN}"}
    try:
        with httpx.Client(base_url=f"{url}/_chaos", headers=headers, timeout=PATIENCE_S, verify=False) as control:
            until(partial(_is_up, process, control, log))
            yield Psp(url=url, control=control, pid=process.pid)
    finally:
        process.terminate()
        process.wait(timeout=10)


def _as_variable(value):
    return value if isinstance(value, str) else json.dumps(value)


def _is_up(process, control, log):
    assert process.poll() is None, f"the PSP ended before it was up: {log.read_text()}"
    with contextlib.suppress(httpx.TransportError):
        return control.get("/health").is_success
    return False


@pytest.fixture(scope="session")
def shared_psp(launch):
    return launch()


@pytest.fixture
def psp(shared_psp):
    """The PSP that most probes share; faults are gone after the test."""
    yield shared_psp
    shared_psp.control.delete("/faults").raise_for_status()


@pytest.fixture(scope="session")
def aging_psp(launch):
    """A PSP whose clock the probes may move; others would be startled by the time that passes."""
    return launch(seed=1)


@pytest.fixture(scope="session")
def strict_psp(launch):
    """A PSP that refuses parameters that it does not know, and is quick to send a webhook again."""
    return launch(strict_parameters=True, webhook_retry_schedule_s=[0.05, 0.05])


@pytest.fixture
def raw(psp):
    """Plain HTTP with the merchant's key, for what the SDK never sends."""
    headers = {"Authorization": f"Bearer {KEY}"}
    # There is no TLS to verify, and to read the authorities' certificates would take longer than most probes.
    with httpx.Client(base_url=psp.url, headers=headers, timeout=PATIENCE_S, verify=False) as client:
        yield client


@dataclass(frozen=True, kw_only=True)
class Way:
    """One way of using the SDK; without a number of retries it is left at the default of its style."""

    style: str
    waits: bool  # awaits its answers
    retries: int | None = None

    @property
    def retries_by_itself(self):
        """Tell whether the SDK asks again when the network or the PSP fails."""
        return self.style == "module" if self.retries is None else self.retries > 0


WAYS = {
    "client": Way(style="client", waits=False),  # no retries by default
    "client-async-retrying": Way(style="client", waits=True, retries=2),
    "module": Way(style="module", waits=False),  # two retries by default
    "module-async-unretrying": Way(style="module", waits=True, retries=0),
}

MODULE_CLASSES = {
    "balance": stripe.Balance,
    "balance_transactions": stripe.BalanceTransaction,
    "charges": stripe.Charge,
    "customers": stripe.Customer,
    "disputes": stripe.Dispute,
    "events": stripe.Event,
    "payment_intents": stripe.PaymentIntent,
    "payment_methods": stripe.PaymentMethod,
    "payouts": stripe.Payout,
    "refunds": stripe.Refund,
    "webhook_endpoints": stripe.WebhookEndpoint,
}

MODULE_VERBS = {"update": "modify"}


@dataclass(frozen=True, kw_only=True)
class Sdk:
    """The SDK in one way: `sdk.refunds.create(payment_intent=…, options={…})`, whatever the way calls it."""

    way: Way
    url: str
    key: str
    http: stripe.HTTPClient
    loop: asyncio.Runner
    order: str  # a name that no other test uses

    def __getattr__(self, resource):
        return Resource(self, resource)

    def pay(self, *, amount=1250, options=None, **rest):
        """Create a payment of this order and confirm it at once."""
        return self.payment_intents.create(options=options, **self.purchase(amount=amount, **rest))

    def purchase(self, **rest):
        """Return the parameters of such a payment."""
        return {
            "amount": 1250,
            "currency": "eur",
            "confirm": True,
            "payment_method": "pm_card_visa",
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
            **rest,
            "metadata": {"order": self.order, **rest.get("metadata", {})},
        }

    def call(self, resource, verb, *ids, options=None, **params):
        """Ask and wait for the answer."""
        question = partial(self._ask, resource, verb, ids, params, options or {})
        return self.loop.run(question()) if self.way.waits else question()

    def at_once(self, resource, verb, *ids, times, options=None, **params):
        """Ask the same this many times at once; failures are answers too."""
        question = partial(self._ask, resource, verb, ids, params, options or {})
        if self.way.waits:
            return self.loop.run(_gathered([question] * times))
        with ThreadPoolExecutor(times) as pool:
            return [_outcome(future) for future in [pool.submit(question) for _ in range(times)]]

    def all_of(self, page):
        """Turn every page until the last."""
        if not self.way.waits:
            return list(page.auto_paging_iter())

        async def turned():
            return [one async for one in page.auto_paging_iter()]

        return self.loop.run(turned())

    def as_account(self, key):
        """Return the same way with another key."""
        return Sdk(way=self.way, url=self.url, key=key, http=self.http, loop=self.loop, order=self.order)

    def _ask(self, resource, verb, ids, params, options):
        suffix = "_async" if self.way.waits else ""
        if self.way.style == "module":
            self._set_up_module()
            method = getattr(MODULE_CLASSES[resource], MODULE_VERBS.get(verb, verb) + suffix)
            return method(*ids, **params, **options)
        return getattr(getattr(self._client.v1, resource), verb + suffix)(*ids, params, options)

    def _set_up_module(self):
        stripe.api_base = self.url
        stripe.api_key = self.key
        stripe.default_http_client = self.http

    @cached_property
    def _client(self):
        retries = {} if self.way.retries is None else {"max_network_retries": self.way.retries}
        return stripe.StripeClient(self.key, base_addresses={"api": self.url}, http_client=self.http, **retries)


@dataclass(frozen=True)
class Resource:
    """What can be done with one kind of object."""

    sdk: Sdk
    name: str

    def __getattr__(self, verb):
        return partial(self.sdk.call, self.name, verb)


async def _gathered(asked):
    return await asyncio.gather(*(question() for question in asked), return_exceptions=True)


def _outcome(future):
    return future.exception() or future.result()


@pytest.fixture(scope="session")
def loop():
    """The loop of the ways that await; it outlives a test, as their connections do."""
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        yield runner


@pytest.fixture(scope="session")
def connections(loop):
    """The SDK's HTTP clients, by way and timeout."""
    opened = {}

    def open_for(way, *, timeout_s):
        if (way, timeout_s) not in opened:
            opened[way, timeout_s] = _http(way, timeout_s=timeout_s)
        return opened[way, timeout_s]

    yield open_for
    for http in opened.values():
        http.close()
        if isinstance(http, stripe.HTTPXClient):
            loop.run(http.close_async())


def _http(way, *, timeout_s):
    if way.style == "module" and not way.waits:
        return stripe.RequestsClient(timeout=timeout_s)  # the SDK's own default
    return stripe.HTTPXClient(timeout=timeout_s, allow_sync_methods=True)


@pytest.fixture
def connect(psp, loop, connections, monkeypatch):
    """Make an `Sdk`: `connect(way, …)`."""
    for name in ("api_base", "api_key", "default_http_client", "max_network_retries"):
        monkeypatch.setattr(stripe, name, getattr(stripe, name))
    order = f"order-{next(_numbers)}"

    def connect(way, *, to=psp, key=KEY, timeout_s=PATIENCE_S):
        if way.style == "module" and way.retries is not None:
            stripe.max_network_retries = way.retries
        http = connections(way, timeout_s=timeout_s)
        return Sdk(way=way, url=to.url, key=key, http=http, loop=loop, order=order)

    return connect


@pytest.fixture(params=WAYS)
def way(request):
    return WAYS[request.param]


@pytest.fixture
def sdk(way, connect):
    """The SDK, in each of the four ways."""
    return connect(way)


@pytest.fixture
def one_sdk(connect):
    """The SDK in one way only, for what does not depend on it."""
    return connect(WAYS["client"])


@pytest.fixture
def unretrying():
    return WAYS["client"]


@pytest.fixture
def aging_sdk(way, connect, aging_psp):
    """The SDK in each of the four ways, before a PSP whose clock may be moved."""
    return connect(way, to=aging_psp)


@dataclass(frozen=True, kw_only=True)
class Inbox:
    """A merchant's web server: where it listens, and what it received."""

    url: str
    received: queue.Queue = field(default_factory=queue.Queue)
    statuses: list = field(default_factory=list)  # of the next answers; then always 200

    def next(self):
        """Wait for the next delivery, and return its body and its signature."""
        return self.received.get(timeout=PATIENCE_S)

    def next_event(self, secret):
        """Wait for the next delivery, and return the event that the SDK makes of it."""
        return stripe.Webhook.construct_event(*self.next(), secret)


@pytest.fixture
def inbox():
    """Open a web server for the test."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            opened.received.put((body, self.headers["Stripe-Signature"]))
            self.send_response(opened.statuses.pop(0) if opened.statuses else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        opened = Inbox(url=f"http://127.0.0.1:{server.server_port}/webhooks")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield opened
        server.shutdown()
        thread.join()


@pytest.fixture
def subscribe(one_sdk, inbox):
    """Open webhook endpoints that lead to the inbox; they are closed after the test."""
    opened = []

    def subscribe(*events, sdk=one_sdk, **rest):
        endpoint = sdk.webhook_endpoints.create(url=inbox.url, enabled_events=list(events or ("*",)), **rest)
        opened.append((sdk, endpoint))
        return endpoint

    yield subscribe
    for sdk, endpoint in opened:
        with contextlib.suppress(stripe.InvalidRequestError):
            sdk.webhook_endpoints.delete(endpoint.id)
