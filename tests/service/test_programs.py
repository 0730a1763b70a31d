"""The two programs, started as operators start them."""

import asyncio
import os
import signal
import socket
import sys
from contextlib import suppress

import httpx
import pytest


@pytest.fixture
def environment(bench):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return os.environ | {
        "PAYSTORM_DATABASE_URL": bench.settings.database_url,
        "PAYSTORM_PSP_BASE_URL": "http://127.0.0.1:9",  # nobody listens there
        "PAYSTORM_PSP_API_KEY": "sk_test_1",
        "PAYSTORM_PSP_WEBHOOK_SECRET": "whsec_1",
        "PAYSTORM_LISTEN_PORT": str(port),
        "PAYSTORM_WORKER_PERIOD_S": "0.1",
    }


async def _started(module, environment):
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, env=environment, stderr=asyncio.subprocess.PIPE
    )


async def _until_it_answers(url):
    async with httpx.AsyncClient() as client:
        for _ in range(200):
            try:
                return await client.get(url)
            except httpx.ConnectError:
                await asyncio.sleep(0.05)
    raise AssertionError(f"{url} never answered")


async def test_the_service_starts_answers_and_stops(bench, environment):
    program = await _started("service.main", environment)

    ready = await _until_it_answers(f"http://127.0.0.1:{environment['PAYSTORM_LISTEN_PORT']}/readyz")
    program.send_signal(signal.SIGTERM)
    _, log = await program.communicate()

    assert ready.status_code == 200
    assert b"Traceback" not in log


async def test_the_worker_starts_works_and_stops(bench, environment, no_fast_path):
    dying = await bench.another(parts=no_fast_path)
    await dying.pay()  # due long ago: the bench's clock is in the past
    program = await _started("service.worker_main", environment)

    for _ in range(200):
        attempt = (await bench.books())["attempts"][0]
        if attempt["tries"] and attempt["lease_until_us"] is None:
            break
        await asyncio.sleep(0.05)
    program.send_signal(signal.SIGTERM)
    _, log = await program.communicate()

    assert (attempt["state"], attempt["tries"] >= 1) == ("SENT", True)
    assert program.returncode == 0
    assert b"Traceback" not in log


@pytest.fixture
async def slow_psp():
    """A PSP that declines, a second late; its event is set when somebody asks."""
    asked = asyncio.Event()
    body = b'{"error": {"type": "card_error", "code": "card_declined", "decline_code": "insufficient_funds"}}'

    answering = []

    async def answer(reader, writer):
        answering.append(asyncio.current_task())
        await reader.readuntil(b"\r\n\r\n")
        asked.set()
        await asyncio.sleep(1)
        writer.write(b"HTTP/1.1 402 x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        writer.close()
        with suppress(ConnectionError):  # whoever asked may have given up
            await writer.wait_closed()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    yield f"http://{host}:{port}", asked
    server.close()
    await asyncio.gather(*answering)


async def test_a_service_that_is_told_to_end_finishes_what_follows_its_answers(bench, environment, slow_psp):
    url, asked = slow_psp
    program = await _started("service.main", environment | {"PAYSTORM_PSP_BASE_URL": url})
    service = f"http://127.0.0.1:{environment['PAYSTORM_LISTEN_PORT']}"
    await _until_it_answers(f"{service}/readyz")
    headers = {"Authorization": "Bearer pk_shop", "Idempotency-Key": "k", "X-Request-Id": "r-1"}
    body = {"amount": 5, "currency": "EUR", "payment_method": "pm_card_visa"}
    async with httpx.AsyncClient() as client:
        accepted = await client.post(f"{service}/v1/payments", json=body, headers=headers)
        await asked.wait()
        metrics = await client.get(f"{service}/metrics")

    program.send_signal(signal.SIGTERM)
    _, log = await program.communicate()

    assert (accepted.status_code, accepted.headers["X-Request-Id"]) == (202, "r-1")
    assert 'paystorm_payments{state="PROCESSING"} 1.0' in metrics.text
    assert (await bench.read(accepted.json()["id"]))["status"] == "FAILED"
    assert b'"request_id": "r-1"' in log
    assert b"pk_shop" not in log


@pytest.mark.parametrize("shutdown_s", ["20", "0.2"])
async def test_a_worker_that_is_told_to_end_finishes_its_items_within_a_bound(
    bench, environment, no_fast_path, slow_psp, shutdown_s
):
    url, asked = slow_psp
    dying = await bench.another(parts=no_fast_path)
    made = (await dying.pay()).json()
    changes = {"PAYSTORM_PSP_BASE_URL": url, "PAYSTORM_SHUTDOWN_S": shutdown_s}
    program = await _started("service.worker_main", environment | changes)
    await asked.wait()

    program.send_signal(signal.SIGTERM)
    _, log = await program.communicate()

    assert program.returncode == 0
    assert b"Traceback" not in log
    assert (await bench.read(made["id"]))["status"] == ("FAILED" if shutdown_s == "20" else "PROCESSING")


async def test_a_worker_tells_health_and_metrics_and_nothing_else(bench, environment):
    changes = {"PAYSTORM_WORKER_PORT": environment["PAYSTORM_LISTEN_PORT"]}
    program = await _started("service.worker_main", environment | changes)
    url = f"http://127.0.0.1:{changes['PAYSTORM_WORKER_PORT']}"

    ready = await _until_it_answers(f"{url}/readyz")
    async with httpx.AsyncClient(base_url=url) as client:
        metrics = await client.get("/metrics")
        api = await client.get("/v1/payments", headers={"Authorization": "Bearer pk_shop"})
    program.send_signal(signal.SIGTERM)
    _, log = await program.communicate()

    assert (ready.status_code, metrics.status_code, api.status_code) == (200, 200, 404)
    assert "paystorm_heal_seconds" in metrics.text
    assert program.returncode == 0
    assert b"Traceback" not in log


@pytest.fixture
async def collector():
    """A collector of traces, and the bodies that it has been sent."""
    bodies = []

    async def take(reader, writer):
        with suppress(asyncio.IncompleteReadError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next(
                    int(line.split(b":")[1])
                    for line in head.splitlines()
                    if line.lower().startswith(b"content-length:")
                )
                bodies.append(await reader.readexactly(length))
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    yield f"http://{host}:{port}/v1/traces", bodies
    server.close()


def _spans(bodies):
    trace_service = pytest.importorskip("opentelemetry.proto.collector.trace.v1.trace_service_pb2")
    requests = [trace_service.ExportTraceServiceRequest.FromString(body) for body in bodies]
    return [
        span
        for request in requests
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


async def test_a_payment_is_one_trace_from_the_click_to_the_psp(bench, environment, collector):
    endpoint, bodies = collector
    program = await _started(
        "service.main",
        environment
        | {
            "PAYSTORM_TRACES_ENDPOINT": endpoint,
            "OTEL_BSP_SCHEDULE_DELAY": "50",
            "OTEL_EXPORTER_OTLP_COMPRESSION": "none",
        },
    )
    service = f"http://127.0.0.1:{environment['PAYSTORM_LISTEN_PORT']}"
    await _until_it_answers(f"{service}/readyz")
    headers = {"Authorization": "Bearer pk_shop", "Idempotency-Key": "a-secret-of-the-shop"}
    body = {"amount": 5, "currency": "EUR", "payment_method": "pm_card_visa", "description": "words of a customer"}

    async with httpx.AsyncClient() as client:
        made = (await client.post(f"{service}/v1/payments", json=body, headers=headers)).json()
    program.send_signal(signal.SIGTERM)
    _, log = await program.communicate()

    spans = {span.name: span for span in _spans(bodies)}
    click, question = spans["POST /v1/payments"], spans["PSP send"]
    told = {attribute.key: attribute.value.string_value for attribute in question.attributes}
    assert (question.trace_id, question.parent_span_id) == (click.trace_id, click.span_id)
    assert (told["paystorm.payment_id"], told["paystorm.outcome"]) == (made["id"], "unknown")  # nobody is the PSP
    for secret in (b"pk_shop", b"a-secret-of-the-shop", b"sk_test_1", b"whsec_1", b"words of a customer"):
        assert secret not in b"".join(bodies)
    assert b"Traceback" not in log


@pytest.mark.slow
async def test_a_collector_that_is_not_there_stops_nothing(bench, environment):
    program = await _started("service.main", environment | {"PAYSTORM_TRACES_ENDPOINT": "http://127.0.0.1:9/v1/traces"})

    ready = await _until_it_answers(f"http://127.0.0.1:{environment['PAYSTORM_LISTEN_PORT']}/readyz")
    program.send_signal(signal.SIGTERM)
    await asyncio.wait_for(program.wait(), timeout=20)

    assert ready.status_code == 200
