"""The service on its own: payments, replays, heals and query plans, each as the books grow to a million payments.

All parts of one size share the same books, since filling them takes longer than measuring.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import median
from types import MappingProxyType

from benchmarks.effort import Effort
from benchmarks.heals import measure_heals
from benchmarks.measurement import Measurement
from benchmarks.payments import measure_payments
from benchmarks.plans import measure_plans
from benchmarks.reading import Reading
from benchmarks.replays import measure_replays
from benchmarks.site import benchmark_server, site

PARTS: Mapping[str, Callable[..., list[Reading]]] = MappingProxyType(
    {"payments": measure_payments, "replays": measure_replays, "heals": measure_heals, "plans": measure_plans}
)

type Sized = tuple[int, Reading]


def measure_service(names: Sequence[str], effort: Effort) -> list[Measurement]:
    """Return what these parts read off at each size, and how each rate changed with it."""
    found: list[Sized] = []
    with benchmark_server() as server:
        for size in effort.sizes:
            started_s = time.monotonic()
            with site(server, payments=size) as one:
                _tell(f"books of {size:,} payments", started_s)
                # Plans first: what the others write within minutes is not how books of that size look.
                for name in sorted(names, key="plans".__ne__):
                    started_s = time.monotonic()
                    found += [(size, reading) for reading in PARTS[name](one, effort)]
                    _tell(f"{name} with {size:,} payments", started_s)
    by_name: dict[str, list[Sized]] = {}
    for size, reading in found:
        by_name.setdefault(reading.what, []).append((size, reading))
    return [measurement for sized in by_name.values() for measurement in _measurements(sized)]


def _measurements(sized: Sequence[Sized]) -> Iterator[Measurement]:
    """Return a reading at every size, or once if it never changes; of a rate also what is left of it at the end."""
    if len({tuple(reading.values) for _, reading in sized}) == 1 < len(sized):
        _, reading = sized[0]
        yield Measurement(what=reading.what, unit=reading.unit, values=tuple(reading.values))
        return
    for size, reading in sized:
        yield Measurement(what=f"{reading.what} | {size:,}", unit=reading.unit, values=tuple(reading.values))
    (_, first), (size, last) = sized[0], sized[-1]
    if first.is_rate and len(sized) > 1:
        left = tuple(100 * value / median(first.values) for value in last.values)
        yield Measurement(what=f"{last.what} | {size:,} against 0", unit="%", values=left)


def _tell(what: str, started_s: float) -> None:
    print(f"{what}: {time.monotonic() - started_s:.0f} s", flush=True)
