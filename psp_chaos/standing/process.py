"""A PSP that stands alone: one process with a socket, a clock that can be moved, and a place for its books.

Together with `main` this is the only module here that asks the wall clock and the system's randomness.
"""

import gc
import ipaddress
import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Protocol

import httpx
import uvicorn

from psp_chaos.app import create_psp
from psp_chaos.control import ControlPlane, Plant
from psp_chaos.delivery.targets import ListedTargets
from psp_chaos.errors import CannotListen, TooOpen
from psp_chaos.faults.spec import FaultSpec
from psp_chaos.keeping.archive import Archive
from psp_chaos.keeping.on_disk import ArchiveOnDisk
from psp_chaos.keeping.passing import passing_archive
from psp_chaos.settings import PspSettings
from psp_chaos.standing.server import AbortableProtocol, ReadyServer
from psp_chaos.standing.webhook_client import webhook_client
from psp_chaos.standing_clock import StandingClock

SHUTDOWN_S = 1  # a request that hangs on purpose must not hold the process


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """Where a PSP listens, what it keeps, and what is wrong with it from the start."""

    settings: PspSettings
    host: str = "127.0.0.1"
    port: int = 8420
    seed: int = 0  # of the faults and delays; identifiers are always new
    state: Path | None = None  # the file that keeps everything; None: it is forgotten at the end
    faults: tuple[FaultSpec, ...] = ()
    log_level: str = "warning"
    access_log: bool = False


class SystemIds:
    """Identifiers that nobody can guess."""

    def new(self, prefix: str) -> str:
        """Return a new identifier."""
        return f"{prefix}_{secrets.token_hex(12)}"


def wall_us() -> int:
    """Return microseconds since the Unix epoch, UTC."""
    return time.time_ns() // 1_000


def require_secrets(host: str, *, has_own_secrets: bool) -> None:
    """Refuse to listen where others can come, with secrets that everybody knows.

    Raises:
        TooOpen: That is what was asked for.
    """
    if not has_own_secrets and not is_loopback(host):
        raise TooOpen(f"{host} can be reached from other machines: give the PSP a secret key and a control token first")


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can come here."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False  # a name: who knows where it leads


class Onlooker(Protocol):
    """Whoever wants to know what becomes of it."""

    def ready(self, plant: Plant, url: str) -> None:
        """Hear that the first request can come, and where."""
        ...

    def look(self, plant: Plant) -> None:
        """Look at it, every second."""
        ...


async def stand(standing: Standing, *, onlooker: Onlooker | None = None) -> None:
    """Serve until the process is told to stop.

    Raises:
        CannotListen: Somebody else listens there, or nobody can.
        ArchiveUnusable: The state file is something else, or another process uses it.
    """
    with _listening(standing.host, standing.port) as listener, _archive(standing.state) as archive:
        async with webhook_client(ListedTargets.of(standing.settings)) as http:
            plant = _build(standing, archive=archive, http=http)
            try:
                await _serve(standing, plant, listener, onlooker)
            finally:
                await plant.psp.close()


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    """Take the port before anything else is done, so that nobody waits for what cannot be."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio switches Nagle's algorithm off only where the protocol is named; with it each answer waits 40 ms.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections of a PSP before us may linger
        try:
            listener.bind((host, port))
            listener.listen()
        except OSError as error:
            raise CannotListen(f"cannot listen at {host}:{port}: {error.strerror or error}; try another port") from None
        yield listener


@contextmanager
def _archive(state: Path | None) -> Iterator[Archive]:
    if state is None:
        with passing_archive() as passing:
            yield passing
        return
    archive = ArchiveOnDisk(state)
    try:
        yield archive
    finally:
        archive.close()


def _build(standing: Standing, *, archive: Archive, http: httpx.AsyncClient) -> Plant:
    clock, ids = StandingClock(wall_us=wall_us, archive=archive), SystemIds()
    psp = create_psp(
        settings=standing.settings,
        clock=clock,
        sleep=clock.sleep,
        ids=ids,
        random=lambda name: Random(f"{standing.seed}/{name}"),
        http=http,
        archive=archive,
        targets=ListedTargets.of(standing.settings),
    )
    kept = {spec.id for spec in psp.faults.specs}  # by an earlier process
    for spec in standing.faults:
        if spec.id in kept:
            psp.faults.remove(spec.id)
        psp.faults.install(spec)
    archive.commit()
    return Plant(psp=psp, settings=standing.settings, clock=clock, ids=ids, archive=archive)


async def _serve(standing: Standing, plant: Plant, listener: socket.socket, onlooker: Onlooker | None) -> None:
    async def look() -> None:
        if onlooker is not None:
            onlooker.look(plant)

    config = uvicorn.Config(
        ControlPlane(plant).app,
        interface="asgi3",  # uvicorn does not recognise a bound method
        http=AbortableProtocol,
        ws="none",
        lifespan="off",
        log_level=standing.log_level,
        access_log=standing.access_log,
        timeout_graceful_shutdown=SHUTDOWN_S,
        callback_notify=look,
        timeout_notify=1,
    )

    def begin() -> None:
        gc.freeze()  # what was imported stays, so nobody needs to look at it again
        plant.psp.resume()
        if onlooker is not None:
            onlooker.ready(plant, url_of(listener))

    await ReadyServer(config, ready=begin).serve(sockets=[listener])


def url_of(listener: socket.socket) -> str:
    """Return where a client on this machine finds it."""
    host, port = listener.getsockname()[:2]
    if ipaddress.ip_address(host).is_unspecified:
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
