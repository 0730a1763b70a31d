"""The two programs, started as operators start them."""

import asyncio
import os
import signal
import socket
import sys

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
