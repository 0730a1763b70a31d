"""What kills processes while the storm lasts: one SimPy process per machine that may die.

A crash falls between two awaits of the victim, whichever they are; the seed chooses the moment. Bites have the shape of
the evidence's `faults.jsonl`.
"""

from collections.abc import Generator

import simpy

from scenarios.crashes import Crash
from scenarios.virtual.machines import Machines
from scenarios.virtual.units import to_ns
from scenarios.virtual.world import World

type Bite = dict[str, object]


class Nemesis:
    """Kills, waits, starts again."""

    def __init__(self, world: World, machines: Machines, *, storm_s: float) -> None:
        self.bites: list[Bite] = []
        self._world = world
        self._machines = machines
        self._storm_s = storm_s

    def haunt(self, crash: Crash) -> None:
        """Let this happen to every machine of its kind."""
        for name in self._machines.names(crash.process):
            self._world.env.process(self._haunt(crash, name))

    def _haunt(self, crash: Crash, name: str) -> Generator[simpy.Event, object, None]:
        draw = self._world.stream("crash", crash.id, name)
        while True:
            yield self._pause(draw.uniform(*crash.every_s))
            if self._world.loop.time() >= self._storm_s:
                return
            down_s = draw.uniform(*crash.down_s)
            self._machines.kill(name)
            self._record(crash, name, down_s=down_s)
            yield self._pause(down_s)
            self._machines.start_one(name)

    def _pause(self, seconds: float) -> simpy.Event:
        # At least a nanosecond: whoever dies and rises in one instant was never gone.
        return self._world.env.timeout(max(1, to_ns(seconds)))

    def _record(self, crash: Crash, name: str, *, down_s: float) -> None:
        self.bites.append(
            {
                "at_us": self._world.clock.now_us(),
                "fault": crash.id,
                "where": "process",
                "kind": "crash",
                "target": name,
                "object": None,
                "detail": {"down_s": round(down_s, 3)},
            }
        )
