"""Targets: webhooks go to this machine and to listed hosts, when an endpoint is opened and whenever one is sent."""

import asyncio
import contextlib
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from psp_chaos.delivery.targets import ListedTargets
from psp_chaos.errors import TargetRefused
from psp_chaos.settings import PresetEndpoint, PspSettings
from psp_chaos.standing.webhook_client import webhook_client

THIS_MACHINE = [
    "http://127.0.0.1/x",
    "http://127.9.9.9:4242/x",
    "http://localhost:4242/x",
    "http://LOCALHOST./x",
    "https://shop.localhost/x",
    "http://[::1]:4242/x",
    "http://[::ffff:127.0.0.1]/x",
]

ELSEWHERE = [
    "https://example.com/x",
    "http://10.0.0.1/x",
    "http://192.168.1.1/x",
    "http://169.254.169.254/latest/meta-data",
    "http://[::ffff:169.254.169.254]/x",
    "http://[fd00:ec2::254]/x",
    "http://[fe80::1]/x",
    "http://0.0.0.0/x",
    "http://[::]/x",
    "http://127.1/x",
    "http://2130706433/x",
    "http://0x7f.0.0.1/x",
    "http://127.0.0.1.nip.io/x",
    "http://localhost.example.com/x",
    "http://localhost@example.com/x",
    "http://example.com#@localhost/x",
    "http://example.com\\@localhost/x",
]

NO_ADDRESS = ["", "merchant", "ftp://127.0.0.1/x", "http://", "http:///x", "http://[", "javascript:alert(1)"]


@pytest.mark.parametrize("url", THIS_MACHINE)
def test_webhooks_may_go_to_this_machine(url):
    ListedTargets([]).check(url)


@pytest.mark.parametrize("url", [*ELSEWHERE, *NO_ADDRESS, "http://127.0.0.1:70000/x", "http://a:b@127.0.0.1/x"])
def test_webhooks_may_go_nowhere_else(url):
    with pytest.raises(TargetRefused):
        ListedTargets([]).check(url)


@pytest.mark.parametrize("url", ["http://shop/x", "http://SHOP.:80/x", "http://10.0.0.7/x", "http://[fd00::7]/x"])
def test_webhooks_may_go_to_listed_hosts(url):
    ListedTargets(["shop", "10.0.0.7", "[fd00::7]"]).check(url)


def test_who_opens_an_endpoint_from_the_start_has_listed_its_host():
    preset = PresetEndpoint(url="http://shop:8000/webhooks", secret="whsec_1")
    settings = PspSettings(webhook_endpoints=(preset,), webhook_hosts=("other",))

    targets = ListedTargets.of(settings)

    targets.check("http://shop/elsewhere")
    targets.check("http://other/x")


@pytest.mark.parametrize(
    ("host", "address", "is_allowed"),
    [
        ("localhost", "127.0.0.1", True),
        ("localhost", "::1", True),
        ("localhost", "10.0.0.1", False),
        ("shop", "10.0.0.1", True),
        ("shop", "93.184.216.34", True),
        ("shop", "169.254.169.254", False),
        ("shop", "::ffff:169.254.169.254", False),
        ("shop", "fd00:ec2::254", False),
        ("shop", "0.0.0.0", False),
        ("shop", "nonsense", False),
        ("unlisted", "10.0.0.1", False),
        ("10.0.0.7", "10.0.0.7", True),
    ],
)
def test_what_a_name_leads_to_is_checked_as_well(host, address, is_allowed):
    targets = ListedTargets(["shop", "10.0.0.7"])

    refusal = contextlib.nullcontext() if is_allowed else pytest.raises(TargetRefused)

    with refusal:
        targets.check_address(host, address)


class Shop(ThreadingHTTPServer):
    """A merchant on a real socket."""

    daemon_threads = True

    def __init__(self):
        self.requests = []
        self.answer = (200, {}, b"")
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def port(self):
        return self.server_address[1]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append((self.headers["Host"], self.headers.get("Cookie"), body, self.client_address))
        status, headers, content = self.server.answer
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.fixture
def shop():
    server = Shop()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def send(url, *, hosts=(), times=1):
    """Send something as a webhook is sent, on a loop that knows the real time."""

    async def sent():
        async with webhook_client(ListedTargets(hosts)) as http:
            return [(await http.post(url, content=b"event", timeout=5)).status_code for _ in range(times)]

    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        return runner.run(sent())


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "shop.localhost"])
def test_a_webhook_reaches_this_machine_under_the_name_that_was_asked_for(shop, host):
    statuses = send(f"http://{host}:{shop.port}/x")

    assert statuses == [200]
    assert [(name, body) for name, _, body, _ in shop.requests] == [(f"{host}:{shop.port}", b"event")]


def test_each_webhook_has_a_connection_of_its_own_and_no_cookies(shop):
    shop.answer = (200, {"Set-Cookie": "who=you"}, b"")

    send(f"http://127.0.0.1:{shop.port}/x", times=2)

    assert [cookie for _, cookie, *_ in shop.requests] == [None, None]
    assert len({peer for *_, peer in shop.requests}) == 2


def test_a_redirect_is_not_followed(shop):
    shop.answer = (302, {"Location": f"http://127.0.0.1:{shop.port}/elsewhere"}, b"")

    statuses = send(f"http://127.0.0.1:{shop.port}/x")

    assert statuses == [302]
    assert len(shop.requests) == 1


def test_the_environments_proxy_is_not_asked(shop, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    assert send(f"http://127.0.0.1:{shop.port}/x") == [200]


def test_a_name_that_is_not_listed_is_not_even_looked_up(monkeypatch):
    asked = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *_, **__: asked.append(host) or [])

    with pytest.raises(httpx.ConnectError):
        send("http://example.com/x")

    assert asked == []


def test_a_listed_name_that_leads_to_a_forbidden_place_is_not_connected_to(shop, monkeypatch):
    places = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 0)) for ip in ("127.0.0.1", "169.254.169.254")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: places)

    with pytest.raises(httpx.ConnectError, match=r"169\.254"):
        send(f"http://shop:{shop.port}/x", hosts=["shop"])

    assert shop.requests == []


def test_the_connection_goes_to_the_address_that_was_checked(shop, monkeypatch):
    asked = []
    answers = iter(["127.0.0.1", "10.255.255.1"])  # as of a name that changes its mind in between

    def look_up(host, port, *_, **__):
        asked.append(host)
        address = host if host[0].isdigit() else next(answers)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port or 0))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)

    statuses = send(f"http://shop:{shop.port}/x", hosts=["shop"])

    assert statuses == [200]
    assert asked.count("shop") == 1


def test_nobody_there_is_an_ordinary_failure():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    with pytest.raises(httpx.ConnectError):
        send(f"http://localhost:{port}/x")
