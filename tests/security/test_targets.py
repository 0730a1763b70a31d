"""A merchant who chooses where we send events cannot have us call our own machines."""

import asyncio
import json

import httpx
import pytest

from engine.errors import TargetRefused
from engine.lifecycle import PaymentState
from engine.money import Money
from engine.outgoing import Delivery, EchoKind, Endpoint, EndpointState, EventType, OutgoingEvent
from engine.payment import Payment
from service.courier import HttpCourier, merchant_http
from service.targets import PublicTargets

PUBLIC = "93.184.215.14"
NAMES = {
    "shop.example": [PUBLIC],
    "shop.example.": [PUBLIC],
    "both.example": [PUBLIC, "2606:2800:21f:cb07:6820:80da:af6b:8b2c"],
    "localhost": ["127.0.0.1"],
    "inside.example": ["10.0.0.7"],
    "rebound.example": [PUBLIC, "127.0.0.1"],
    "metadata.example": ["169.254.169.254"],
    "v6.example": ["::1"],
    "mapped.example": ["::ffff:10.0.0.7"],
    "odd.example": [PUBLIC, "not an address"],
    "zone.example": ["fe80::1%eth0"],
    "nowhere.example": [],
}
HOSTILE = [
    "https://127.0.0.1/",
    "https://127.1/",
    "https://0.0.0.0/",
    "https://0/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://127.0.0.1./",
    "https://10.0.0.7/",
    "https://172.16.0.1/",
    "https://172.31.255.255/",
    "https://192.168.1.1/",
    "https://100.64.0.1/",
    "https://100.100.100.200/",
    "https://169.254.169.254/latest/meta-data/",
    "https://168.63.129.16/",
    "https://192.0.0.192/",
    "https://192.0.2.1/",
    "https://192.88.99.1/",
    "https://198.18.0.1/",
    "https://198.51.100.1/",
    "https://203.0.113.1/",
    "https://224.0.0.1/",
    "https://240.0.0.1/",
    "https://255.255.255.255/",
    "https://[::]/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:a00:7]/",
    "https://[::127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[64:ff9b:1::a00:7]/",
    "https://[2002:7f00:1::]/",
    "https://[2001:0:7f00:1::]/",
    "https://[2001:db8::1]/",
    "https://[fc00::1]/",
    "https://[fd00:ec2::254]/",
    "https://[fe80::1]/",
    "https://[fe80::1%25eth0]/",
    "https://[fec0::1]/",
    "https://[ff02::1]/",
    "https://localhost/",
    "https://LOCALHOST/",
    "https://inside.example/",
    "https://rebound.example/",
    "https://metadata.example/",
    "https://v6.example/",
    "https://mapped.example/",
    "https://odd.example/",
    "https://zone.example/",
    "https://nowhere.example/",
    "https://unknown.example/",
    "https://shop.example@127.0.0.1/",
    "https://user:password@shop.example/",
    "https://shop.example:0/",
    "https://shop.example:65536/",
    "https://shop.example:x/",
    "https://shop.example/#fragment",
    "https://shop.example\\@127.0.0.1/",
    "https://127.0.0.1\\.shop.example/",
    "https://\uff11\uff12\uff17.0.0.1/",
    "https://shop.example /",
    "https://shop.example\t/",
    "https:///path",
    "https:shop.example",
    "//shop.example/",
    "ftp://shop.example/",
    "file:///etc/passwd",
    "gopher://shop.example/",
    "unix:///var/run/docker.sock",
    "shop.example",
    "https://" + "a" * 2048 + ".example/",
]


async def resolve(host, port):
    if host not in NAMES:
        raise OSError(f"{host}:{port}")
    return NAMES[host]


@pytest.mark.parametrize("url", HOSTILE, ids=lambda url: ascii(url)[1:60])
async def test_an_address_that_leads_inside_or_nowhere_is_refused(url):
    assert await PublicTargets(resolve).refusal(url)


@pytest.mark.parametrize(
    ("url", "addresses"),
    [
        ("https://shop.example/", [PUBLIC]),
        ("http://shop.example:8080/hooks?x=1", [PUBLIC]),
        ("HTTPS://Shop.Example/", [PUBLIC]),
        ("https://shop.example./", [PUBLIC]),
        ("https://both.example/", [PUBLIC, "2606:2800:21f:cb07:6820:80da:af6b:8b2c"]),
        (f"https://{PUBLIC}/", [PUBLIC]),
        ("https://172.32.0.1/", ["172.32.0.1"]),
        ("https://100.128.0.1/", ["100.128.0.1"]),
        ("https://[2606:2800:21f::1]:8443/", ["2606:2800:21f::1"]),
    ],
)
async def test_the_public_internet_is_open(url, addresses):
    assert list((await PublicTargets(resolve).destination(url)).addresses) == addresses


@pytest.mark.parametrize(
    ("allowed", "open_to", "closed_to"),
    [
        (["inside.example"], "https://inside.example/", "https://10.0.0.7/"),
        (["Inside.Example."], "https://inside.example/", "https://metadata.example/"),
        (["10.0.0.0/24"], "https://inside.example/", "https://10.0.1.7/"),
        (["10.0.0.7"], "https://10.0.0.7/", "https://10.0.0.8/"),
        (["127.0.0.0/8"], "https://rebound.example/", "https://v6.example/"),
        (["::1"], "https://[::1]/", "https://127.0.0.1/"),
        (["10.0.0.0/8"], "https://[::ffff:10.0.0.7]/", "https://[::ffff:127.0.0.1]/"),
    ],
)
async def test_what_is_allowed_is_open_and_nothing_beside_it(allowed, open_to, closed_to):
    targets = PublicTargets(resolve, allowed=allowed)

    assert await targets.refusal(open_to) is None
    assert await targets.refusal(closed_to)


async def test_the_reason_does_not_tell_where_a_name_leads():
    with pytest.raises(TargetRefused) as refused:
        await PublicTargets(resolve).destination("https://inside.example/")

    assert "10.0.0.7" not in str(refused.value)


async def test_an_endpoint_cannot_be_opened_or_moved_to_where_nothing_may_be_sent(bench):
    endpoint = await bench.listen()
    bench.listener.names["inside.example"] = ["10.0.0.7"]
    body, headers = {"url": "https://inside.example/"}, {"Idempotency-Key": "key"}

    opened = await bench.client.post("/v1/endpoints", json=body, headers=headers)
    moved = await bench.client.patch(f"/v1/endpoints/{endpoint['id']}", json=body)

    for refused in (opened, moved):
        assert (refused.status_code, refused.json()["type"]) == (422, "/problems/target-refused")
    assert [one["url"] for one in (await bench.client.get("/v1/endpoints")).json()["data"]] == [endpoint["url"]]


async def test_a_name_that_leads_inside_later_is_not_followed(bench):
    await bench.listen()
    await bench.pay()
    bench.listener.names["shop.example"] = [PUBLIC, "10.0.0.7"]

    await bench.deliver()

    assert bench.listener.heard == []
    tried = [one for one in await bench.deliveries() if one["echo"]]
    assert {(one["echo"], one["note"], one["state"]) for one in tried} == {
        ("barred", "not sent: its host leads to an address that is not public", "pending")
    }


async def test_the_request_goes_to_the_address_that_was_checked_in_the_name_of_the_host(bench):
    """A name that leads elsewhere a moment later changes nothing: it is looked up once, and not by the client."""
    asked = []

    async def changing(host, port):
        asked.append((host, port))
        return [PUBLIC] if len(asked) < 3 else ["127.0.0.1"]

    bench.listener.look_up = changing
    bench.service.usecases.deliver_event.courier._targets._resolve = changing
    await bench.listen()
    await bench.pay()
    claimed = await bench.service.usecases.deliver_event.claim(apart_from=())

    await bench.service.usecases.deliver_event.courier.deliver(claimed)

    (request,) = bench.listener.heard
    assert request.url == f"https://{PUBLIC}/hooks"
    assert request.headers["Host"] == "shop.example"
    assert request.extensions["sni_hostname"] == "shop.example"
    assert asked[-1] == ("shop.example", 443)


# --- with real sockets -----------------------------------------------------------------------------------------------


def delivery_to(url):
    payment = Payment(
        id="pay_1",
        merchant_id="shop",
        order_id=None,
        amount=Money(amount_minor=1, currency="EUR"),
        payment_method="pm",
        description=None,
        metadata={},
        state=PaymentState.CREATED,
        failure_reason=None,
        captured_minor=0,
        refunded_minor=0,
        created_at_us=0,
        updated_at_us=0,
    )
    return Delivery(
        event=OutgoingEvent(
            id="evt_pay_1_1",
            merchant_id="shop",
            type=EventType.PAYMENT_CREATED,
            sequence=1,
            subject=payment,
            occurred_at_us=0,
        ),
        endpoint=Endpoint(
            id="end_1",
            merchant_id="shop",
            url=url,
            state=EndpointState.ENABLED,
            secret="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            created_at_us=0,
        ),
        tries=1,
    )


@pytest.fixture
async def serve():
    """Return how to serve raw bytes on a port of this machine; what was received is appended to a list."""
    servers = []

    async def start(answer, *, endless=b""):
        received, closed = [], asyncio.Event()

        async def talk(reader, writer):
            try:
                received.append(await asyncio.wait_for(reader.read(65_536), 5))
                writer.write(answer)
                while endless:
                    writer.write(endless)
                    await writer.drain()
                    await asyncio.sleep(0)
            except (ConnectionError, TimeoutError):
                pass
            finally:
                closed.set()
                writer.close()

        servers.append(await asyncio.start_server(talk, "127.0.0.1", 0))
        return servers[-1].sockets[0].getsockname()[1], received, closed

    yield start
    for server in servers:
        server.close()


@pytest.fixture
async def courier(bench):
    async def here(host, port):
        return ["127.0.0.1"]

    targets = PublicTargets(here, allowed=["127.0.0.0/8"])
    async with merchant_http() as http:
        yield HttpCourier(http, targets=targets, clock=bench.clock, timeout_s=2)


async def test_the_host_of_a_real_request_is_the_name(serve, courier):
    port, received, _ = await serve(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    echo = await courier.deliver(delivery_to(f"http://shop.example:{port}/hooks"))

    head, _, body = received[0].partition(b"\r\n\r\n")
    assert (echo.kind, echo.status) == (EchoKind.ACCEPTED, 200)
    assert head.startswith(b"POST /hooks HTTP/1.1\r\n")
    assert f"Host: shop.example:{port}".encode() in head
    assert json.loads(body)["id"] == "evt_pay_1_1"


async def test_the_name_is_what_a_certificate_is_asked_for(serve, courier):
    port, received, _ = await serve(b"no TLS is spoken here")

    echo = await courier.deliver(delivery_to(f"https://shop.example:{port}/"))

    assert echo.kind is EchoKind.UNANSWERED
    assert b"shop.example" in received[0]  # server_name of the ClientHello


async def test_an_answer_without_an_end_is_not_read(serve, courier):
    port, _, closed = await serve(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", endless=b"x" * 65_536)

    echo = await asyncio.wait_for(courier.deliver(delivery_to(f"http://shop.example:{port}/")), 1)

    assert echo.kind is EchoKind.ACCEPTED
    await asyncio.wait_for(closed.wait(), 1)


@pytest.mark.parametrize(
    ("answer", "endless", "kind"),
    [
        (b"HTTP/1.1 200 OK\r\n", b"X-Header: " + b"x" * 60_000 + b"\r\n", EchoKind.UNANSWERED),
        (b"", b"x" * 65_536, EchoKind.UNANSWERED),
        (b"SSH-2.0-OpenSSH_9.9\r\n", b"", EchoKind.UNANSWERED),
        (b"", b"", EchoKind.UNANSWERED),
        (b"HTTP/1.1 307 Go\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", b"", EchoKind.REFUSED),
        (b"HTTP/1.1 199 Odd\r\nContent-Length: 0\r\n\r\n", b"", EchoKind.UNANSWERED),
        (b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n", b"", EchoKind.GONE),
    ],
)
async def test_whatever_is_answered_comes_to_an_echo(serve, courier, answer, endless, kind):
    port, received, _ = await serve(answer, endless=endless)

    echo = await asyncio.wait_for(courier.deliver(delivery_to(f"http://shop.example:{port}/")), 3)

    assert echo.kind is kind
    assert len(received) == 1


async def test_of_several_addresses_the_first_that_can_be_reached_is_used(serve, bench):
    port, received, _ = await serve(b"HTTP/1.1 204 No Content\r\n\r\n")

    async def two(host, port):
        return ["127.0.0.9", "127.0.0.1"]

    targets = PublicTargets(two, allowed=["127.0.0.0/8"])
    async with merchant_http() as http:
        courier = HttpCourier(http, targets=targets, clock=bench.clock, timeout_s=2)
        echo = await courier.deliver(delivery_to(f"http://shop.example:{port}/"))

    assert (echo.status, len(received)) == (204, 1)


async def test_each_try_has_a_connection_of_its_own(courier):
    connections = []

    async def talk(reader, writer):
        connections.append(writer)
        while await reader.read(65_536):
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n")
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]

    for name in ("shop.example", "other.example"):
        await courier.deliver(delivery_to(f"http://{name}:{port}/"))
    server.close()
    await server.wait_closed()

    assert len(connections) == 2


def test_a_proxy_of_the_environment_is_not_asked(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")

    assert merchant_http()._mounts == {}
    assert isinstance(merchant_http(), httpx.AsyncClient)
