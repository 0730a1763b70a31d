"""What a payment costs as there are ten and a hundred times as many in one run."""

from statistics import median

from benchmarks.measurement import Measurement
from scenarios.database import DatabaseServer
from scenarios.library import LIBRARY
from scenarios.virtual.stage import Stage

_ROUNDS = 3
_SIZES = (20, 200, 2_000)
_SCENARIO = LIBRARY["lost-webhooks"]


def measure_growth(server: DatabaseServer) -> list[Measurement]:
    """Return the cost of a payment in larger runs, as a multiple of its cost in the smallest one."""
    with Stage(server) as stage:
        costs = [
            [_seconds_per_payment(stage, customers=size, seed=seed) for size in _SIZES]
            for seed in range(1, _ROUNDS + 1)
        ]
    smallest = median(cost[0] for cost in costs)
    return [
        Measurement(
            what=f"cost of a payment, {size:,} customers against {_SIZES[0]}",
            unit="times",
            values=tuple(cost[number] / smallest for cost in costs),
        )
        for number, size in enumerate(_SIZES)
        if number
    ]


def _seconds_per_payment(stage: Stage, *, customers: int, seed: int) -> float:
    # The storm grows with the customers, so that as many are there at once; only the books become longer.
    changes = {"customers": str(customers), "storm_s": str(18 * customers), "ends_when_quiet": "true"}
    recording = stage.perform(_SCENARIO.with_changes(changes), seed=seed)
    return recording.wall_s / len(recording.service["payments"])
