"""When customers come in an open model: at moments that a seed has drawn, however long the others are being served.

In a closed model, which is Locust's own, the next customer comes when the last one has gone, so that a slow service is
asked less often. Here the moments stand beforehand. A customer who cannot be served at once has come all the same: its
waiting counts from when it was due.
"""

import math
from collections.abc import Iterator
from enum import StrEnum
from itertools import count, takewhile

from scenarios.randomness import Streams

_MICROSECONDS = 1_000_000


class ArrivalProcess(StrEnum):
    """How moments of arrival follow each other."""

    POISSON = "poisson"  # as strangers come: in bursts and with gaps
    CONSTANT = "constant"  # like clockwork


def arrival_moments(
    process: ArrivalProcess, *, rate_per_s: float, seed: int, part: int = 0, parts: int = 1
) -> Iterator[int]:
    """Yield when the customers of one process of the load come, in microseconds since the load began, without end.

    Several processes share a rate: each takes its part, and all parts together are the whole. Poisson processes add up
    to one; constant ones take turns.

    Args:
        process: How moments follow each other.
        rate_per_s: Customers a second, of all parts together.
        seed: What is drawn follows from it and the part.
        part: Which part of the load, counted from 0.
        parts: How many parts there are.
    """
    match process:
        case ArrivalProcess.CONSTANT:
            for number in count(part, parts):
                yield round(number * _MICROSECONDS / rate_per_s)
        case ArrivalProcess.POISSON:
            draw, moment_s = Streams(seed).stream("live", "arrivals", str(part)), 0.0
            while True:
                moment_s += draw.expovariate(rate_per_s / parts)
                yield round(moment_s * _MICROSECONDS)


def count_due(moments: Iterator[int], *, within_us: int) -> int:
    """Return how many of these moments have passed after so long; uses them up."""
    return sum(1 for _ in takewhile(lambda moment_us: moment_us <= within_us, moments))


def parse_rate(text: str) -> float:
    """Return customers a second from a text such as `20/s`, `20` or `300/min`.

    Raises:
        ValueError: It is no such rate, or not above 0.
    """
    number, _, unit = text.partition("/")
    seconds = _UNITS_S.get(unit.strip() or "s")
    if seconds is None:
        raise ValueError(f"{text!r} is no rate; write customers a second or a minute, such as 20/s or 300/min")
    try:
        rate_per_s = float(number) / seconds
    except ValueError:
        rate_per_s = math.nan
    if not 0 < rate_per_s <= RATE_MAX_PER_S:  # not a number is not in between either
        raise ValueError(f"{text!r} is no rate between 0 and {RATE_MAX_PER_S}/s")
    return rate_per_s


RATE_MAX_PER_S = 1_000
"""More than one machine's Locust can be asked for; what it does not manage is reported as late or dropped."""

_UNITS_S = {"s": 1, "min": 60}
