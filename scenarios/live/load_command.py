"""The command line that has a load again, as far as real time repeats."""

import shlex

from scenarios.live.arrivals import ArrivalProcess
from scenarios.live.load_generator import Load


def load_command(load: Load, *, defect: str | None) -> str:
    """Return the `paystorm load` with this plan."""
    words = ["paystorm", "load", load.scenario, "--users", str(load.users), "--seed", str(load.seed)]
    words += [] if load.duration_s is None else ["--headless", "--duration", f"{load.duration_s:g}"]
    words += [] if load.rate_per_s is None else ["--rate", f"{load.rate_per_s:g}/s"]
    words += [] if load.arrivals is ArrivalProcess.POISSON else ["--arrivals", load.arrivals.value]
    words += ["--processes", str(load.processes)] if load.is_distributed else []
    words += ["--master", "--expect-workers", str(load.workers_elsewhere)] if load.workers_elsewhere else []
    words += [] if defect is None else ["--defect", defect]
    return shlex.join(words)
