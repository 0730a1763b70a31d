"""What happens to processes."""

from typing import Literal

from scenarios.faults.spans import Span
from scenarios.faults.world_fault import ProcessKind, WorldFault


class Crash(WorldFault):
    """Every process of one kind is killed with SIGKILL again and again.

    Entitlement: a sound service loses nothing that it has acknowledged. What a killed process held is taken over once
    its lease has run out.
    """

    where: Literal["process"] = "process"
    kind: Literal["crash"] = "crash"
    process: ProcessKind
    every_s: Span  # between a start and the next death
    down_s: Span  # between a death and the next start


PROCESS_FAULTS = (Crash,)
