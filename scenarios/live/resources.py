"""How much memory and how many descriptors each process has, looked up while a run goes on.

The rule of a soak: what a process has in the last quarter of the storm, in the median, may be a tenth more than in the
second quarter, and a little on top (`_SLACK`); the first quarter is for warming up, and so are the first seconds of
each life. The PSP and we ourselves keep the books of the run in memory, so for these two each request that was made
between the quarters may take up room as well.
"""

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import orjson

_PROC = Path("/proc")
_EVERY_S = 1.0
_WARM_S = 5.0  # of a life; until then imports and pools are still growing
_GROWTH_MAX = 0.10
_SLACK: Mapping[str, float] = {"memory_kib": 8_192, "descriptors": 16}
_KEEPERS = ("psp", "paystorm")
_KIB_A_REQUEST = 24  # that a keeper may remember: rows of several books
_SAMPLES_MIN = 3  # in a quarter, or nothing can be said


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """What one process had at one moment."""

    at_us: int
    process: str
    pid: int
    resident_kib: int
    memory_kib: int  # of the resident, what it allocated itself: no libraries, no shared buffers
    descriptors: int
    age_s: float  # since it was first seen
    requests: int  # that customers had made by then


@dataclass(frozen=True, kw_only=True, slots=True)
class Trend:
    """What became of one number of one process in the course of the storm."""

    process: str
    what: str
    early: float  # median of the second quarter
    late: float  # median of the last
    is_constant: bool


class Sampler:
    """Takes samples, and writes each down as it is taken."""

    def __init__(self, path: Path, *, now_us: Callable[[], int]) -> None:
        self.samples: list[Sample] = []
        self._file = path.open("ab", buffering=0)
        self._families: Callable[[], Mapping[str, Sequence[int]]] = dict
        self._now_us = now_us
        self._first_seen_s: dict[int, float] = {}
        self._taken_s = 0.0

    def watch(self, families: Callable[[], Mapping[str, Sequence[int]]]) -> None:
        """Ask from now on who runs under which process ids: several, where a server has backends."""
        self._families = families

    def look(self, *, requests: int) -> None:
        """Take a sample of everybody, if it is time."""
        now_s = time.monotonic()
        if now_s - self._taken_s < _EVERY_S or not _PROC.exists():
            return
        self._taken_s = now_s
        for process, family in {**self._families(), "paystorm": [os.getpid()]}.items():
            with suppress(OSError, IndexError, KeyError, ValueError):  # it has just ended
                self._take(process, family, now_s=now_s, requests=requests)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _take(self, process: str, family: Sequence[int], *, now_s: float, requests: int) -> None:
        usages = [_usage(pid) for pid in family]
        sample = Sample(
            at_us=self._now_us(),
            process=process,
            pid=family[0],
            resident_kib=sum(resident for resident, _, _ in usages),
            memory_kib=sum(anonymous for _, anonymous, _ in usages),
            descriptors=sum(descriptors for _, _, descriptors in usages),
            age_s=round(now_s - self._first_seen_s.setdefault(family[0], now_s), 1),
            requests=requests,
        )
        self.samples.append(sample)
        self._file.write(orjson.dumps(asdict(sample), option=orjson.OPT_APPEND_NEWLINE))


def trends(samples: Iterable[Sample]) -> list[Trend]:
    """Return what became of each number of each process; who lived too briefly to be judged is left out."""
    warm = [sample for sample in samples if sample.age_s >= _WARM_S]
    if not warm:
        return []
    begin_us, end_us = warm[0].at_us, warm[-1].at_us
    quarter_us = (end_us - begin_us) / 4
    found = []
    for process in sorted({sample.process for sample in warm}):
        own = [sample for sample in warm if sample.process == process]
        early = [one for one in own if begin_us + quarter_us <= one.at_us < begin_us + 2 * quarter_us]
        late = [one for one in own if one.at_us >= begin_us + 3 * quarter_us]
        if min(len(early), len(late)) >= _SAMPLES_MIN:
            found += [_trend(process, what, early, late) for what in _SLACK]
    return found


def _trend(process: str, what: str, early: Sequence[Sample], late: Sequence[Sample]) -> Trend:
    before, after = (median(getattr(sample, what) for sample in samples) for samples in (early, late))
    allowed = before * (1 + _GROWTH_MAX) + _SLACK[what]
    if process in _KEEPERS and what == "memory_kib":
        allowed += _KIB_A_REQUEST * (late[-1].requests - early[0].requests)
    return Trend(process=process, what=what, early=before, late=after, is_constant=after <= allowed)


def _usage(pid: int) -> tuple[int, int, int]:
    """Return what a process has: resident and anonymous memory in KiB, and open descriptors (proc(5))."""
    status = dict(line.split(":", 1) for line in (_PROC / str(pid) / "status").read_text().splitlines() if ":" in line)
    resident, anonymous = (int(status[name].split()[0]) for name in ("VmRSS", "RssAnon"))
    return resident, anonymous, len(list((_PROC / str(pid) / "fd").iterdir()))
