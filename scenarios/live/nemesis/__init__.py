"""Who makes the faults of our own side happen to real processes, a real server and real connections."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from scenarios.faults.world_fault import WorldFault
from scenarios.live.machines import Machines
from scenarios.live.nemesis.database import DatabaseNemesis
from scenarios.live.nemesis.network import NetworkNemesis
from scenarios.live.postgres import LivePostgres
from scenarios.live.proxy import Link
from scenarios.live.real_time import RealTime
from scenarios.nemesis.bites import Bites
from scenarios.nemesis.processes import ProcessNemesis


class Nemesis(Protocol):
    """Makes the faults of one `where` happen."""

    def haunt(self, fault: WorldFault) -> None:
        """Let this fault happen while its window lasts; called once for each, before the run begins."""


def let_loose(
    faults: Iterable[WorldFault],
    *,
    world: RealTime,
    machines: Machines,
    postgres: LivePostgres,
    links: Mapping[str, Link],
    bites: Bites,
) -> None:
    """Hand every fault to the nemesis of its `where`; each is one that can be done here."""
    nemeses: dict[str, Nemesis] = {
        "process": ProcessNemesis(world, machines, bites=bites),
        "database": DatabaseNemesis(world, postgres, links=links, bites=bites),
        "network": NetworkNemesis(world, links=links, bites=bites),
    }
    for fault in faults:
        nemeses[fault.where].haunt(fault)
