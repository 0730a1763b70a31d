"""Memory over two thousand runs in one process: whatever grows here would end every long campaign."""

from itertools import cycle

import psutil

from benchmarks.measurement import Measurement
from scenarios.campaign.standard import standard
from scenarios.database import DatabaseServer
from scenarios.library import LIBRARY
from scenarios.swarm import draw_swarm
from scenarios.virtual.stage import Stage

_RUNS = 2_000
_WARM_UP = 200  # libraries fill their caches, the allocator its arenas
_EVERY = 100
_MEGABYTE = 1 << 20


def measure_memory(server: DatabaseServer) -> list[Measurement]:
    """Return the resident memory of the process after every hundred runs, and by how much it grew."""
    scenarios = cycle(standard(scenario) for scenario in LIBRARY.values())
    sizes: list[float] = []
    with Stage(server) as stage:
        for seed in range(1, _RUNS + 1):
            scenario = next(scenarios)
            stage.perform(scenario.with_changes(draw_swarm(scenario, seed).changes), seed=seed)
            if seed >= _WARM_UP and seed % _EVERY == 0:
                sizes.append(psutil.Process().memory_info().rss / _MEGABYTE)
    half = len(sizes) // 2
    growth = max(sizes[half:]) - max(sizes[:half])
    return [
        Measurement(what=f"resident memory over {_RUNS:,} runs in one process", unit="MB", values=tuple(sizes)),
        Measurement(what="  highest of the second half minus highest of the first", unit="MB", values=(growth,)),
    ]
