"""The service's processes in the world: put together, started, killed and started again."""

from collections.abc import Mapping

import httpx

from scenarios.virtual.processes import Process
from scenarios.virtual.world import World
from service.settings import Settings
from service.wiring import Parts, Service, compose, create_database_engine

SERVICE_HOST = "service"


class Machines:
    """Every process of the service and of its workers, by name: `service/1`, `worker/2`."""

    def __init__(self, world: World, *, settings: Settings, parts: Parts | None) -> None:
        self._world = world
        self._settings = settings
        self._parts = parts
        self._running: dict[str, Process] = {}

    def start(self, kinds: Mapping[str, int]) -> None:
        """Start so many processes of each kind."""
        for kind, count in kinds.items():
            for number in range(1, count + 1):
                self.start_one(f"{kind}/{number}")

    def start_one(self, name: str) -> None:
        """Start a process, or start it again after it was killed: nothing of its former life is left in it."""
        process = self._world.process(name)
        service = self._compose(process)
        if _kind(name) == "service":
            self._world.network.attach(SERVICE_HOST, process, service.app)
        else:
            process.spawn(service.worker.run(), name="worker")
        self._running[name] = process

    def kill(self, name: str) -> None:
        """Kill a process as SIGKILL does."""
        self._running.pop(name).crash()

    def names(self, kind: str) -> list[str]:
        """Return the processes of a kind that are running."""
        return [name for name in self._running if _kind(name) == kind]

    def _compose(self, process: Process) -> Service:
        """Put one process together; each has its own pool, cache and randomness."""
        return compose(
            settings=self._settings,
            clock=self._world.clock,
            ids=self._world.ids(process.name),
            random=self._world.stream(process.name),
            database=create_database_engine(self._settings),
            psp_http=httpx.AsyncClient(transport=self._world.transport(process.name)),
            parts=self._parts,
        )


def _kind(name: str) -> str:
    return name.partition("/")[0]
