"""Schemathesis, as a command of its own, against a service on a socket, with its books in PostgreSQL."""

import asyncio
import importlib.util
import os
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn

from scenarios.library import LIBRARY
from scenarios.live.system import Addresses, live_system
from service.main import server_config
from service.settings import Settings
from service.system import SystemClock
from service.wiring import add_merchant, create_schema

HERE = Path(__file__).parent
API_KEY, SECRET = "pk_fuzz", "whsec_fuzz"

_spec = importlib.util.spec_from_file_location("bench_of_the_service", HERE.parent / "service/conftest.py")
_bench = importlib.util.module_from_spec(_spec)
sys.modules.setdefault(_spec.name, _bench)
_spec.loader.exec_module(_bench)


@dataclass(frozen=True, kw_only=True)
class Service:
    """Where it is, and who may do what."""

    url: str
    api_key: str
    webhook_secret: str

    def fuzz(self, *options, desk):
        """Draw requests from what the service says of itself; return what schemathesis printed, and its exit code."""
        environment = os.environ | {
            "FUZZ_API_KEY": self.api_key,
            "FUZZ_WEBHOOK_SECRET": self.webhook_secret,
            "SCHEMATHESIS_HOOKS": "hooks",
            "PYTHONPATH": os.pathsep.join([str(HERE), str(HERE.parents[1])]),
        }
        command = [Path(sys.executable).parent / "st", "--no-color", "--config-file", HERE / "schemathesis.toml", "run"]
        ran = subprocess.run(
            [*command, f"{self.url}/openapi.json", "--checks", "all", *options],
            env=environment,
            cwd=desk,  # where it keeps what it remembers
            capture_output=True,
            text=True,
            check=False,
        )
        return ran.returncode, ran.stdout + ran.stderr


@pytest.fixture
def service(empty_database):
    """The service in a thread of this process, which has imported it already; its PSP is in memory."""
    settings = Settings(
        database_url=empty_database,
        psp_base_url="http://psp",
        psp_api_key="sk_test_fuzz",
        psp_webhook_secret=SECRET,
        listen_port=0,
        shutdown_s=1,
    )
    with _serving(settings) as port:
        yield Service(url=f"http://127.0.0.1:{port}", api_key=API_KEY, webhook_secret=SECRET)


@contextmanager
def _serving(settings):
    started, stopping, ports = threading.Event(), threading.Event(), []
    thread = threading.Thread(target=lambda: asyncio.run(_serve(settings, started, stopping, ports)))
    thread.start()
    try:
        assert started.wait(30)
        yield ports[0]
    finally:
        stopping.set()
        thread.join()


async def _serve(settings, started, stopping, ports):
    clock = SystemClock()
    bench = await _bench._bench(settings, clock, _bench.FakeIds(), _bench.FakePsp(clock), watched=True)
    await create_schema(bench.database)
    await add_merchant(bench.database, merchant_id="shop", name="Shop", api_key=API_KEY)
    server = uvicorn.Server(server_config(settings, bench.service.app))
    serving = asyncio.create_task(server.serve())
    while not stopping.is_set():
        if server.started and not ports:
            ports.append(server.servers[0].sockets[0].getsockname()[1])
            started.set()
        await asyncio.sleep(0.02)
    server.should_exit = True
    await serving
    await bench.close()


@pytest.fixture
def whole_system(tmp_path):
    """Service, workers and PSP as processes of their own."""
    addresses = Addresses.choose()
    scenario = LIBRARY["duplicate-clicks"].with_changes({"service.event_targets_allowed": '["127.0.0.1"]'})
    with live_system(scenario, seed=1, addresses=addresses, logs=tmp_path, database_url=None) as system:
        yield Service(
            url=addresses.service_url,
            api_key=system.credentials.api_key,
            webhook_secret=system.credentials.webhook_secret,
        )
