"""What happens to the network."""

from scenarios.faults.world_fault import WorldFault

NETWORK_FAULTS: tuple[type[WorldFault], ...] = ()
