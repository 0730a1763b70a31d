"""Which proxies a run has, and at which addresses everybody is found: the same in every life of every process."""

import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from scenarios.embedded_postgres import EmbeddedPostgres
from scenarios.live.addresses import Addresses
from scenarios.live.feasible import CUSTOMERS, DATABASE_LINKS, links_of
from scenarios.live.launches import Detours
from scenarios.live.ports import LOOPBACK
from scenarios.live.proxy import Link, Place
from scenarios.spec import Scenario

_WEBHOOKS = "psp->service"
_TO_PSP = ("service->psp", "worker->psp")


@dataclass(frozen=True, kw_only=True, slots=True)
class NetworkPlan:
    """Who listens where, and what stands in between."""

    addresses: Addresses
    detours: Detours
    links: Mapping[str, Link]


@contextmanager
def network_plan(scenario: Scenario, *, embedded: EmbeddedPostgres | None) -> Iterator[NetworkPlan]:
    """Yield a plan whose ports nobody else can take as long as the context lasts."""
    with ExitStack() as reservations:
        yield _Planner(reservations).plan(scenario, embedded=embedded)


class _Planner:
    def __init__(self, reservations: ExitStack) -> None:
        self._reservations = reservations
        self._links: dict[str, Link] = {}

    def plan(self, scenario: Scenario, *, embedded: EmbeddedPostgres | None) -> NetworkPlan:
        needed = links_of(scenario, server_is_ours=embedded is not None)
        service_ports = [self._reserve() for _ in range(scenario.service_processes)]
        psp_port = self._reserve()
        # Several processes have a proxy before them in any case, which sends each connection to the next one.
        has_front = len(service_ports) > 1 or CUSTOMERS in needed or _WEBHOOKS in needed
        front = self._link(CUSTOMERS, to=service_ports) if has_front else service_ports[0]
        detours = Detours(
            service_ports=tuple(service_ports),
            webhook_port=self._link(_WEBHOOKS, to=service_ports) if has_front else None,
            psp_ports={_asker(name): self._link(name, to=[psp_port]) for name in _TO_PSP if name in needed},
            database_folders={} if embedded is None else self._database_folders(embedded, needed),
        )
        addresses = Addresses(service_port=front, psp_port=psp_port)
        return NetworkPlan(addresses=addresses, detours=detours, links=self._links)

    def _link(self, name: str, *, to: Sequence[int]) -> int:
        """Put a proxy before these ports, and return its own."""
        port = self._reserve()
        self._links[name] = Link(name, at=Place(port=port), upstreams=[Place(port=upstream) for upstream in to])
        return port

    def _database_folders(self, embedded: EmbeddedPostgres, needed: Sequence[str]) -> dict[str, Path]:
        """Put proxies before the server's socket, and return the folders of theirs by who asks."""
        socket_path = Path(embedded.socket_path)
        folders = {}
        for name in DATABASE_LINKS:
            if name in needed:
                folder = folders[_asker(name)] = embedded.folder / _asker(name)
                folder.mkdir()
                at, upstream = Place(socket=folder / socket_path.name), Place(socket=socket_path)
                self._links[name] = Link(name, at=at, upstreams=[upstream])
        return folders

    def _reserve(self) -> int:
        """Return a port that the kernel gives to nobody else, not even to a connection that goes out.

        A socket that is bound and does not listen leaves the port to whoever says that he shares it, as servers do.
        """
        holder = self._reservations.enter_context(socket.socket())
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind((LOOPBACK, 0))
        port: int = holder.getsockname()[1]
        return port


def _asker(link: str) -> str:
    return link.partition("->")[0]
