"""Who makes the faults of a scenario happen: one nemesis for each `where`.

A nemesis is a party of the simulation like any other: it acts through what the world offers, draws from a stream named
after its fault, and writes down each time that it really bit.
"""

from collections.abc import Iterable
from typing import Protocol

from scenarios.faults.world_fault import WorldFault
from scenarios.nemesis.bites import Bites
from scenarios.virtual.machines import Machines
from scenarios.virtual.merchants import Merchants
from scenarios.virtual.nemesis.clock import ClockNemesis
from scenarios.virtual.nemesis.database import DatabaseNemesis
from scenarios.virtual.nemesis.merchants import MerchantNemesis
from scenarios.virtual.nemesis.network import NetworkNemesis
from scenarios.virtual.nemesis.processes import VirtualProcessNemesis
from scenarios.virtual.world import World

__all__ = ["Bites", "Nemesis", "let_loose"]


class Nemesis(Protocol):
    """Makes the faults of one `where` happen."""

    def haunt(self, fault: WorldFault) -> None:
        """Let this fault happen while its window lasts; called once for each, before the run begins."""


def let_loose(
    faults: Iterable[WorldFault], *, world: World, machines: Machines, merchants: Merchants | None, bites: Bites
) -> None:
    """Hand every fault to the nemesis of its `where`; the machines have been started, and merchants who listen."""
    nemeses: dict[str, Nemesis] = {
        "process": VirtualProcessNemesis(world, machines, bites=bites),
        "clock": ClockNemesis(world, machines, bites=bites),
        "database": DatabaseNemesis(world, machines, bites=bites),
        "network": NetworkNemesis(world, machines, bites=bites),
        "merchant": MerchantNemesis(world, merchants, bites=bites),
    }
    for fault in faults:
        nemeses[fault.where].haunt(fault)
