"""What happens to the clock."""

from scenarios.faults.world_fault import WorldFault

CLOCK_FAULTS: tuple[type[WorldFault], ...] = ()
