"""What happens to processes."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from scenarios.faults.spans import Span
from scenarios.faults.world_fault import ProcessKind, WorldFault

_DEATHS_MAX = 100


def _at_least_once(count: tuple[int, int]) -> tuple[int, int]:
    low, high = count
    if not 1 <= low <= high <= _DEATHS_MAX:
        raise ValueError(f"a process dies from once to {_DEATHS_MAX} times in a row, not {low} to {high} times")
    return count


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


class CrashLoop(WorldFault):
    """Every process of one kind dies several times in a row, shortly after each start, as a bad deployment does.

    Entitlement: that of a crash. Each life is too short for anything but beginning: what it claims stays leased to the
    dead, so work may be late by a lease for every death, and no try may be counted against a payment for good.
    """

    where: Literal["process"] = "process"
    kind: Literal["crash-loop"] = "crash-loop"
    process: ProcessKind
    every_s: Span  # between the end of one loop and the first death of the next
    deaths: Annotated[tuple[int, int], AfterValidator(_at_least_once)] = (3, 6)  # in a row
    up_s: Span = (0.01, 3)  # from a start to the next death within the loop
    down_s: Span = (0, 5)  # between a death and the next start


class CrashAtStep(WorldFault):
    """Whichever process takes the n-th step is killed with SIGKILL just before it, at whatever await that is.

    A step is one callback that the loop runs for a process of the service or a worker, counted over all of them since
    the window began. One number after the other kills at every await there is.

    Entitlement: that of a crash.
    """

    where: Literal["process"] = "process"
    kind: Literal["crash-at-step"] = "crash-at-step"
    step: Annotated[int, Field(ge=1)]
    down_s: Span = (1, 1)  # between the death and the next start


class Pause(WorldFault):
    """Every process of one kind is stopped with SIGSTOP again and again, and goes on as if nothing had happened.

    It runs nothing for a while that may be longer than any lease, as when a hypervisor moves it or memory is short. Its
    connections stay open, requests wait in its sockets and locks stay locked; then everything that waited and every
    timer that is overdue comes at once, under a clock that has moved on.

    Entitlement: money never moves twice, though the process still believes in leases that others have taken over.
    Whatever needs a lock that a paused process holds is refused or waits, and works afterwards.
    """

    where: Literal["process"] = "process"
    kind: Literal["pause"] = "pause"
    process: ProcessKind
    every_s: Span  # between the end of one pause and the next
    for_s: Span = (5, 120)


class Restart(WorldFault):
    """Every process of one kind is told to end with SIGTERM now and then, and started again.

    A service refuses new connections, finishes the requests that it has and the work that follows their answers; a
    worker cancels its work. Whoever is not done within the grace period is killed.

    Entitlement: that of a crash; moreover no request that a process had begun is lost if the grace outlasts it.
    """

    where: Literal["process"] = "process"
    kind: Literal["restart"] = "restart"
    process: ProcessKind
    every_s: Span  # between a start and the next SIGTERM
    grace_s: Span = (30, 30)
    down_s: Span = (0.5, 10)  # between the end and the next start


class RollingRestart(WorldFault):
    """All processes of one kind are restarted gracefully, one after the other, as a deployment does.

    Entitlement: that of a restart; where there are several processes, all but one can be reached at any moment.
    """

    where: Literal["process"] = "process"
    kind: Literal["rolling-restart"] = "rolling-restart"
    process: ProcessKind
    every_s: Span  # between two deployments
    grace_s: Span = (30, 30)
    down_s: Span = (0.5, 10)  # between the end of a process and its next start
    settle_s: Span = (1, 10)  # between a start and the turn of the next process


PROCESS_FAULTS = (Crash, CrashLoop, CrashAtStep, Pause, Restart, RollingRestart)
