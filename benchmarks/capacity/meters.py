"""What the processors were spent on while something went on, by party."""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import psutil

from benchmarks.site import Site

_PARTIES = ("service", "worker", "psp")
_DATABASE, _CUSTOMERS = "database", "customers"


@dataclass(kw_only=True)
class Spent:
    """Processor time, user and system, in seconds."""

    by_party: dict[str, float] = field(default_factory=dict)
    elapsed_s: float = 0.0
    neighbours: float = 0.0  # processors that programs were busy with that are not ours

    def each(self, party: str, count: int) -> float:
        """Return what a party spent on each of so many payments."""
        return self.by_party[party] / count


@contextmanager
def metered(site: Site) -> Iterator[Spent]:
    """Measure what is spent inside; what is yielded is complete at the end."""
    spent, before, busy_s, began_s = Spent(), _by_process(site), _busy_s(), time.perf_counter()
    yield spent
    spent.elapsed_s = time.perf_counter() - began_s
    busy_s = _busy_s() - busy_s
    for process, seconds in _by_process(site).items():
        party = process[0]
        spent.by_party[party] = spent.by_party.get(party, 0.0) + seconds - before.get(process, 0.0)
    spent.neighbours = max(0.0, busy_s - sum(spent.by_party.values())) / spent.elapsed_s


def processors() -> int:
    """Return how many processors we may use."""
    return len(os.sched_getaffinity(0))


def _by_process(site: Site) -> Mapping[tuple[str, int], float]:
    """Return what each process has spent since it began, by party and process id."""
    found = {(_CUSTOMERS, os.getpid()): time.process_time()}
    for child in site.children.all:
        party = child.name.partition("-")[0]
        if party in _PARTIES and child.is_running:
            found[party, child.process.pid] = _seconds(psutil.Process(child.process.pid))
    for process in psutil.Process().children(recursive=True):
        try:
            if process.name() == "postgres":
                found[_DATABASE, process.pid] = _seconds(process)
        except psutil.NoSuchProcess:
            continue  # a connection that was closed meanwhile
    return found


def _seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _busy_s() -> float:
    times = psutil.cpu_times()
    return float(sum(times[:3]) + sum(times[5:8]))  # all but idle, waiting for disks, and guests, counted elsewhere
