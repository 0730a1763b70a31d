"""Idempotent replays against creates, on the real service in real time: what remembering answers is worth."""

import asyncio
import json
import time
from random import Random

import httpx
from sqlalchemy.engine import URL

from benchmarks.measurement import Measurement
from scenarios.database import DatabaseServer
from service.settings import Settings
from service.system import SystemClock, SystemIds
from service.wiring import add_merchant, compose, create_database_engine, create_schema

_ROUNDS = 5
_REQUESTS = 200
_API_KEY = "key_of_the_merchant"


def measure_replays(server: DatabaseServer) -> list[Measurement]:
    """Return how many times faster a replay is than the create that it repeats."""
    with server.new_database() as database:
        ratios = asyncio.run(_ratios(database))
    return [Measurement(what="replays : creates, one process, ASGI", unit=": 1", values=tuple(ratios))]


async def _ratios(database: URL) -> list[float]:
    settings = Settings.model_validate(
        {
            "database_url": database.render_as_string(hide_password=False),
            "psp_base_url": "http://psp",
            "psp_api_key": "sk_test_bench",
            "psp_webhook_secret": "whsec_bench",
        }
    )
    engine = create_database_engine(settings)
    await create_schema(engine)
    await add_merchant(engine, merchant_id="merchant_1", name="The merchant", api_key=_API_KEY)
    service = compose(
        settings=settings,
        clock=SystemClock(),
        ids=SystemIds(),
        random=Random(1),
        database=engine,
        psp_http=httpx.AsyncClient(transport=httpx.MockTransport(_busy_psp)),
    )
    transport = httpx.ASGITransport(app=service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
        await _timed(client, round_number=-1)  # opens the pool and prepares the statements
        ratios = []
        for number in range(_ROUNDS):
            create_s, replay_s = await _timed(client, round_number=number), await _timed(client, round_number=number)
            ratios.append(create_s / replay_s)
    await engine.dispose()
    return ratios


async def _timed(client: httpx.AsyncClient, *, round_number: int) -> float:
    started_s = time.perf_counter()
    for number in range(_REQUESTS):
        order = f"order-{round_number}-{number}"
        response = await client.post(
            "/v1/payments",
            content=json.dumps({"amount": 1000, "currency": "EUR", "payment_method": "pm", "order_id": order}),
            headers={
                "authorization": f"Bearer {_API_KEY}",
                "idempotency-key": order,
                "content-type": "application/json",
            },
        )
        assert response.status_code == httpx.codes.ACCEPTED, response.text
    return time.perf_counter() - started_s


def _busy_psp(_request: httpx.Request) -> httpx.Response:
    """Answer at once that nothing is known, so that the PSP's time is not part of the figure."""
    return httpx.Response(503, json={"error": {"type": "api_error"}})
