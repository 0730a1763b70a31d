"""Whether two runs are one and the same, and where they part if they should have been."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from types import MappingProxyType
from typing import Any

from msgspec.structs import asdict

from reports.comparison.side import Side
from reports.evidence import Evidence
from reports.records import DiaryEntry, FaultBite, JournalEntry, PspMovement, Transition

_MICROSECONDS = 1_000_000
_NOTHING = "nothing more"
_LENGTH_MAX = 200  # of what is told of a row; an answer may be long


@dataclass(frozen=True, kw_only=True, slots=True)
class Parting:
    """The first row, by the time within the run, that one run has and the other has not."""

    book: str
    row: int  # from 1
    at_s: float  # since the run began
    rows: tuple[str, str]  # what stands there


@dataclass(frozen=True, kw_only=True, slots=True)
class Sameness:
    """What the digests say."""

    records: bool  # every record is the same to the last byte
    order: bool | None  # everything happened in the same order; None: real time, or an earlier version, did not say
    should_be: bool  # the same scenario, settings and seed in virtual time
    parting: Parting | None  # None: they do not part, or nobody would expect them not to


def sameness(one: Side, other: Side, *, settings_differ: bool) -> Sameness:
    """Return whether the two are one run."""
    first, second = one.manifest, other.manifest
    timelines = (first.timeline, second.timeline)
    is_same = bool(first.digest) and first.digest == second.digest
    should_be = {first.mode, second.mode} == {"virtual"} and not settings_differ
    return Sameness(
        records=is_same,
        order=timelines[0] == timelines[1] if all(timelines) else None,
        should_be=should_be,
        parting=None if is_same or not _is_comparable(one, other) else _parting(one.evidence, other.evidence),
    )


def _is_comparable(one: Side, other: Side) -> bool:
    """Tell whether the two began alike: the same scenario and seed, and a clock that repeats."""
    first, second = one.manifest, other.manifest
    return {first.mode, second.mode} == {"virtual"} and (first.scenario, first.seed) == (second.scenario, second.seed)


def _parting(one: Evidence, other: Evidence) -> Parting | None:
    starts_us = (one.manifest.started_at_us, other.manifest.started_at_us)
    books = zip(_books(one), _books(other), strict=True)
    partings = (_first(name, (mine, theirs), starts_us) for (name, mine), (_, theirs) in books)
    return min((parting for parting in partings if parting is not None), key=lambda parting: parting.at_s, default=None)


def _books(evidence: Evidence) -> Iterator[tuple[str, Sequence[Any]]]:
    """Yield what was written down in the order of time."""
    yield "the customers' diary", evidence.diary
    yield "the PSP's journal", evidence.psp.journal
    yield "the PSP's ledger", evidence.psp.movements
    yield "the service's transitions", evidence.service.transitions or ()
    yield "the faults", evidence.faults


def _first(book: str, rows: tuple[Sequence[Any], Sequence[Any]], starts_us: tuple[int, int]) -> Parting | None:
    for number, pair in enumerate(zip_longest(*rows), start=1):
        one, other = (_shifted(row, start_us) for row, start_us in zip(pair, starts_us, strict=True))
        if one != other:
            times_us = [
                _at_us(row) - start_us for row, start_us in zip(pair, starts_us, strict=True) if row is not None
            ]
            column = next(
                name for name in one or other or () if one is None or other is None or one[name] != other[name]
            )
            told = (_told(pair[0], one, column), _told(pair[1], other, column))
            return Parting(book=book, row=number, at_s=min(times_us) / _MICROSECONDS, rows=told)
    return None


def _shifted(row: Any, start_us: int) -> Mapping[str, object] | None:
    """Return a row with its times counted from the start of its run."""
    if row is None:
        return None
    values = asdict(row)
    return {
        name: value - start_us if name.endswith("at_us") and isinstance(value, int) else value
        for name, value in values.items()
    }


def _at_us(row: Any) -> int:
    return int(row.asked_at_us if isinstance(row, DiaryEntry) else row.at_us)


def _told(row: Any, shifted: Mapping[str, object] | None, column: str) -> str:
    """Say what a row is about, and what stands in the first column that differs."""
    if row is None or shifted is None:
        return _NOTHING
    words = [str(word) for word in (getattr(row, name) for name in _COLUMNS[type(row)]) if word is not None]
    return f"{' '.join(words)}, {column} {shifted[column]}"[:_LENGTH_MAX]


_COLUMNS: Mapping[type, tuple[str, ...]] = MappingProxyType(
    {
        DiaryEntry: ("customer", "action", "order_id", "outcome", "status_shown"),
        JournalEntry: ("kind", "operation", "event_type", "object", "status", "fault"),
        PspMovement: ("kind", "payment", "amount_minor", "currency"),
        Transition: ("payment_id", "from_state", "to_state", "source"),
        FaultBite: ("where", "kind", "fault", "target"),
    }
)
