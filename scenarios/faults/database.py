"""What happens to the database."""

from scenarios.faults.world_fault import WorldFault

DATABASE_FAULTS: tuple[type[WorldFault], ...] = ()
