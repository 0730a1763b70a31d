"""A playhouse that is not what it should be; the first argument says in which way, the second whom it hits."""

import os
import sys
from random import Random
from typing import Any

from scenarios.campaign import playhouse_main
from scenarios.recording import Recording
from scenarios.virtual.errors import Escaped
from scenarios.virtual.stage import Stage
from scenarios.virtual.world import World

TRICK, VICTIM = sys.argv[1], int(sys.argv[2])

honest_perform = Stage.perform
honest_stream = World.stream


def perform(stage: Stage, *arguments: Any, seed: int, **options: Any) -> Recording:
    if TRICK == "escapes" and seed == VICTIM:
        raise Escaped("time.time() in somebody's code")
    return honest_perform(stage, *arguments, seed=seed, **options)


def stream(world: World, *name: str) -> Random:
    """Draw otherwise in every process when customers arrive: what somebody forgot to seed."""
    return Random(os.getpid()) if name == ("arrivals",) else honest_stream(world, *name)


Stage.perform = perform  # type: ignore[method-assign]
if TRICK == "differs":
    World.stream = stream  # type: ignore[method-assign]
playhouse_main.main()
