"""The service's processes in the world: put together, started, killed or told to end, and started again."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import httpx

from scenarios.virtual.clock import MachineClock
from scenarios.virtual.merchants import look_up
from scenarios.virtual.pools import Pools
from scenarios.virtual.processes import Process
from scenarios.virtual.world import World
from service.courier import merchant_http
from service.settings import Settings
from service.wiring import Merchants, Parts, Service, compose

SERVICE_HOST = "service"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Running:
    process: Process
    service: Service
    work: asyncio.Task[None] | None  # of a worker


class Machines:
    """Every process of the service and of its workers, by name: `service/1`, `worker/2`.

    A process runs, is on its way out (told to end, finishing what it has begun) or is gone. Whoever made it go starts
    it again.
    """

    def __init__(self, world: World, *, settings: Settings, parts: Parts | None, pools: Pools) -> None:
        self._world = world
        self._settings = settings
        self._parts = parts
        self._pools = pools
        self._running: dict[str, _Running] = {}
        self._clocks: dict[str, MachineClock] = {}
        self._at_start: list[Callable[[Process], None]] = []

    def start(self, kinds: Mapping[str, int]) -> None:
        """Start so many processes of each kind."""
        for kind, count in kinds.items():
            for number in range(1, count + 1):
                self._pools.prepare(f"{kind}/{number}", self._settings)
                self.start_one(f"{kind}/{number}")

    def start_one(self, name: str) -> None:
        """Start a process, or start it again after it was killed: nothing of its former life is left in it."""
        process = self._world.process(name)
        service = self._compose(process)
        work = None
        if _kind(name) == "service":
            self._world.network.attach(SERVICE_HOST, process, service.app)
        else:
            work = process.spawn(service.worker.run(), name="worker")
        self._running[name] = _Running(process=process, service=service, work=work)
        for watch in self._at_start:
            watch(process)

    def at_start(self, watch: Callable[[Process], None]) -> None:
        """Show every process to `watch`: those that run now, and from now on each that starts."""
        self._at_start.append(watch)
        for running in self._running.values():
            watch(running.process)

    def kill(self, name: str) -> None:
        """Kill a process as SIGKILL does, also one that is paused."""
        self._running.pop(name).process.crash()

    def terminate(self, name: str) -> Process:
        """Tell a process to end as SIGTERM does, and return it; it ends when it has no unfinished tasks.

        As uvicorn does, a service refuses new connections and finishes the requests that it has, background tasks
        included (`uvicorn.Server.shutdown`). A worker finishes what it holds (`service.worker_main`). A paused process
        hears of it when it continues.
        """
        running = self._running.pop(name)
        running.process.spawn(self._wind_up(running), name="SIGTERM")
        return running.process

    async def _wind_up(self, running: _Running) -> None:
        self._world.timeline.note("terminate", running.process.name, "")
        if running.work is not None:
            running.service.worker.stop(running.work)
        else:
            self._close_port(running)

    def _close_port(self, running: _Running) -> None:
        """Let new connections be refused, as by a process that is gone; those that are open stay open."""
        gone = Process(name=running.process.name, loop=self._world.loop, on_failure=_never)
        gone.crash()
        self._world.network.attach(SERVICE_HOST, gone, running.service.app)

    def pause(self, name: str) -> Process:
        """Stop a process as SIGSTOP does, and return it; it runs nothing until it `proceed`s."""
        process = self._running[name].process
        self._world.timeline.note("pause", name, "")
        process.pause()
        return process

    def is_running(self, name: str) -> bool:
        """Whether a process runs or is paused, and has not been told to end."""
        return name in self._running

    def is_paused(self, name: str) -> bool:
        """Whether a process is paused."""
        return name in self._running and self._running[name].process.is_paused

    def names(self, kind: str) -> list[str]:
        """Return the processes of a kind that are running."""
        return [name for name in self._running if _kind(name) == kind]

    def clock(self, name: str) -> MachineClock:
        """The clock by which every process of that name lives, one life after the other."""
        if name not in self._clocks:
            self._clocks[name] = MachineClock(self._world.clock)
        return self._clocks[name]

    def _compose(self, process: Process) -> Service:
        """Put one process together; each has its own pool, cache and randomness."""
        return compose(
            settings=self._settings,
            clock=self.clock(process.name),
            ids=self._world.ids(process.name),
            random=self._world.stream(process.name),
            database=self._pools.take(process.name, self._settings),
            psp_http=httpx.AsyncClient(transport=self._world.transport(process.name)),
            merchants=Merchants(http=merchant_http(self._world.transport(process.name)), resolve=look_up),
            parts=self._parts,
        )


def _kind(name: str) -> str:
    return name.partition("/")[0]


def _never(process: Process, error: BaseException) -> None:
    raise AssertionError(f"{process} runs nothing, so nothing of it fails: {error!r}")
