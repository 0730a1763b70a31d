"""What the nemeses did and to whom, in the shape of the evidence's `faults.jsonl`."""

from collections.abc import Callable

from scenarios.faults.world_fault import WorldFault

type Bite = dict[str, object]


class Bites:
    """Every time that a fault of our own side really bit."""

    def __init__(self, *, now_us: Callable[[], int]) -> None:
        """Read the time of each bite from `now_us`, in microseconds since the epoch."""
        self.rows: list[Bite] = []
        self._now_us = now_us

    def record(self, fault: WorldFault, *, target: str, **detail: object) -> None:
        """Write down that a fault bites now, and whom: a process, a link, a database session, a merchant."""
        self.rows.append(
            {
                "at_us": self._now_us(),
                "fault": fault.id,
                "where": fault.where,
                "kind": fault.kind,
                "target": target,
                "object": None,
                "detail": detail,
            }
        )
