"""Payments per second of the chaos PSP and of localstripe: created and confirmed over HTTP by one client.

Both servers run on a core of their own, where the system allows it, and take turns; what they answer is read whole.
localstripe lives in an environment of its own in a cache folder, never in ours. It writes its whole store to disk
several times a payment, so it is measured twice: as it is, and with that writing off.
"""

import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.measurement import Measurement
from scenarios.database import DatabaseServer

_LOCALSTRIPE = "localstripe==1.15.10"
_ROUNDS = 5
_CONNECTIONS = 8
_ROUND_S = 2.0  # of payments that are begun; those under way are waited for
_STORED = 100_000
_PATIENCE_S = 30.0
_KEY = "sk_test_benchmark"
_ALL_CORES = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []  # none: it cannot be said

type Fields = dict[str, str]

_PAYMENT: Fields = {"amount": "1250", "currency": "eur", "confirm": "true"}

# What localstripe's own `start` does, but on the loopback only, with its file in a folder of ours and without a log.
# To store many payments through its API would take it hours; so one is made, and its twins are laid beside it.
_HOST = """
import builtins, copy, sys
from aiohttp import web
from localstripe import resources, server

port, file, stored, writes = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4] == "writes"
resources.open = lambda _path, mode: builtins.open(file, mode)
write, tell = resources.Store.dump_to_disk, resources.schedule_webhook
resources.Store.dump_to_disk = resources.schedule_webhook = lambda _: None
if stored:
    card = {"number": "4242424242424242", "exp_month": "12", "exp_year": "2040", "cvc": "123"}
    method = resources.PaymentMethod._api_create(type="card", card=card)
    payment = resources.PaymentIntent._api_create(
        amount="1250", currency="eur", payment_method=method.id, confirm="true"
    )
    for number in range(stored):
        twin = copy.copy(payment)
        twin.id = f"pi_twin{number}"
        resources.store["payment_intent:" + twin.id] = twin
resources.schedule_webhook = tell
if writes:
    resources.Store.dump_to_disk = write
web.run_app(server.app, host="127.0.0.1", port=port, access_log=None, print=None)
"""


@dataclass(frozen=True, kw_only=True)
class Host:
    """A running server and what a payment looks like to it."""

    port: int
    payment: Fields


@dataclass(frozen=True, kw_only=True)
class Rates:
    """Payments per second in one round."""

    empty: float
    full: float


def measure_psp(_server: DatabaseServer) -> list[Measurement]:
    """Return payments per second of all, empty and full, how many times better ours is, and how flat each remains."""
    with _client_on_cores_of_its_own(), ExitStack() as running:
        full = _hosts(running, stored=_STORED)
        rounds = [_round(full) for _ in range(_ROUNDS)]
    ours, *others = full
    return [
        *(one for name in full for one in _rates(name, [rates[name] for rates in rounds])),
        *(_ratio(f"{ours} : {name}", [(rates[ours], rates[name]) for rates in rounds]) for name in others),
    ]


def _round(full: Mapping[str, Host]) -> Mapping[str, Rates]:
    """Measure everything in turn, so that whatever slows the machine slows all of them."""
    with ExitStack() as running:
        empty = _hosts(running, stored=0)
        return {name: Rates(empty=_rate(empty[name]), full=_rate(full[name])) for name in full}


def _hosts(running: ExitStack, *, stored: int) -> Mapping[str, Host]:
    folder = Path(running.enter_context(tempfile.TemporaryDirectory()))
    return {
        "Paystorm's PSP": running.enter_context(_our_psp(stored=stored)),
        "localstripe": running.enter_context(_localstripe(folder, stored=stored, writes=True)),
        "localstripe, never writing": running.enter_context(_localstripe(folder, stored=stored, writes=False)),
    }


def _rates(name: str, rates: Sequence[Rates]) -> Iterator[Measurement]:
    unit = "payments per second"
    yield Measurement(what=f"{name}, empty", unit=unit, values=tuple(one.empty for one in rates))
    yield Measurement(what=f"  with {_STORED:,} payments", unit=unit, values=tuple(one.full for one in rates))
    yield Measurement(
        what="  of its rate when empty", unit="%", values=tuple(100 * one.full / one.empty for one in rates)
    )


def _ratio(what: str, pairs: Sequence[tuple[Rates, Rates]]) -> Measurement:
    return Measurement(what=f"{what}, empty", unit=": 1", values=tuple(one.empty / other.empty for one, other in pairs))


@contextmanager
def _our_psp(*, stored: int) -> Iterator[Host]:
    port = _free_port()
    settings = {"PSP_PORT": str(port), "PSP_SECRET_KEY": _KEY, "PSP_LOG_LEVEL": "error"}
    with _process([sys.executable, "-m", "psp_chaos.main"], port=port, environment=settings):
        host = Host(port=port, payment={**_PAYMENT, "payment_method": "pm_card_visa"})
        asyncio.run(_pay(host, times=stored))
        yield host


@contextmanager
def _localstripe(folder: Path, *, stored: int, writes: bool) -> Iterator[Host]:
    port = _free_port()
    file = str(folder / f"localstripe-{port}.pickle")
    command = [_localstripe_python(), "-c", _HOST, str(port), file, str(stored), "writes" if writes else "keeps"]
    with _process(command, port=port, environment={}):
        card = {"number": "4242424242424242", "exp_month": "12", "exp_year": "2040", "cvc": "123"}
        fields = {"type": "card", **{f"card[{name}]": value for name, value in card.items()}}
        method = asyncio.run(_post_once(port, "/v1/payment_methods", fields))
        yield Host(port=port, payment={**_PAYMENT, "payment_method": method["id"]})


def _localstripe_python() -> str:
    """Return the interpreter of localstripe's own environment, which is made at the first use."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "paystorm" / _LOCALSTRIPE.replace("==", "-")
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", _LOCALSTRIPE], check=True)
        (folder / "ready").touch()
    return str(python)


@contextmanager
def _process(command: list[str], *, port: int, environment: dict[str, str]) -> Iterator[None]:
    process = subprocess.Popen(command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL)
    if _ALL_CORES:
        os.sched_setaffinity(process.pid, _ALL_CORES[:1])
    try:
        _wait_until_it_listens(process, port)
        yield
    finally:
        process.terminate()
        process.wait(timeout=_PATIENCE_S)


@contextmanager
def _client_on_cores_of_its_own() -> Iterator[None]:
    """Leave the first core to the servers, where there is another."""
    if len(_ALL_CORES) > 1:
        os.sched_setaffinity(0, _ALL_CORES[1:])
    try:
        yield
    finally:
        if _ALL_CORES:
            os.sched_setaffinity(0, _ALL_CORES)


def _wait_until_it_listens(process: subprocess.Popen[bytes], port: int) -> None:
    deadline_s = time.monotonic() + 10 * _PATIENCE_S  # it may have to store payments first
    while True:
        assert process.poll() is None, "the server ended before it listened"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < deadline_s, "the server did not listen in time"
            time.sleep(0.05)
        else:
            return


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _rate(host: Host) -> float:
    """Return payments per second, of so many connections that always have one under way."""

    async def pay() -> float:
        started_s = time.perf_counter()
        paid = await asyncio.gather(*(_pay_until(host, started_s + _ROUND_S) for _ in range(_CONNECTIONS)))
        return sum(paid) / (time.perf_counter() - started_s)

    return asyncio.run(pay())


async def _pay_until(host: Host, until_s: float) -> int:
    connection = await Connection.open(host.port)
    paid = 0
    while time.perf_counter() < until_s:
        await connection.post("/v1/payment_intents", host.payment)
        paid += 1
    await connection.close()
    return paid


async def _pay(host: Host, *, times: int) -> None:
    async def some_of_them() -> None:
        connection = await Connection.open(host.port)
        for _ in range(times // _CONNECTIONS):
            await connection.post("/v1/payment_intents", host.payment)
        await connection.close()

    await asyncio.gather(*(some_of_them() for _ in range(_CONNECTIONS)))


async def _post_once(port: int, path: str, fields: Fields) -> dict[str, str]:
    connection = await Connection.open(port)
    body = await connection.post(path, fields)
    await connection.close()
    answer: dict[str, str] = json.loads(body)
    return answer


@dataclass(frozen=True, kw_only=True)
class Connection:
    """One connection that is kept: as little work for the client as there can be, so that the server is measured."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    async def open(cls, port: int) -> "Connection":
        """Connect to a server on this machine."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        return cls(reader=reader, writer=writer)

    async def post(self, path: str, fields: Fields) -> bytes:
        """Send a form and read the whole answer, which must be a success."""
        body = urlencode(fields).encode()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {_KEY}\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self.writer.write(head.encode() + body)
        answered = await self.reader.readuntil(b"\r\n\r\n")
        assert answered.startswith(b"HTTP/1.1 200"), answered
        length = next(line for line in answered.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        return await self.reader.readexactly(int(length.partition(b":")[2]))

    async def close(self) -> None:
        """Close the connection."""
        self.writer.close()
        await self.writer.wait_closed()
