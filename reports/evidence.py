"""The evidence of a run: one folder, written once, judged as often as one likes.

The reader owns the format, so the writer lives here too. Read in this order: `manifest.json` says which run it was,
`diary.jsonl` what the customers did and saw, `psp/` where the money went, `service/` what the service believes, and
`faults.jsonl` what broke on purpose; `merchants.jsonl`, where any of them listens, what merchants were told. That one
and any file of `service/` may be missing: checks that need it are skipped, visibly.
`timing.json` holds what differs from machine to machine and is no evidence.

Whoever records a run reads the service's books first and the PSP's books second: then money that moves in between
looks like news that has not arrived yet, which the judge allows for, and not like a lie.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any

import orjson

from reports.columns import Known
from reports.errors import EvidenceError
from reports.garbage import uncollected
from reports.jsonlines import parse_object, read_bytes, read_lines, read_rows, to_lines
from reports.records import (
    Attempt,
    Delivery,
    DiaryEntry,
    Discrepancy,
    Endpoint,
    FaultBite,
    IdempotencyKey,
    InboxEvent,
    JournalEntry,
    Json,
    Manifest,
    Notice,
    OutgoingEvent,
    Payment,
    PspMovement,
    PspPayment,
    PspRefund,
    Refund,
    Transition,
)
from reports.schema import schema_of

FORMAT = 2
"""What is written. Since format 2 the PSP says when it decided, when a refund arrived or failed and what was untrue
about a webhook, and customers how long they were asked to wait."""

_READABLE = (1, FORMAT)
_CALENDAR_ENDS_US = 253_402_300_800_000_000
"""The year 10000, which nobody can print."""

type Rows = Sequence[Mapping[str, Json]]


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceBooks:
    """What the service believes; None where it keeps, or shows, no such book."""

    payments: tuple[Payment, ...] | None = None
    transitions: tuple[Transition, ...] | None = None
    attempts: tuple[Attempt, ...] | None = None
    refunds: tuple[Refund, ...] | None = None
    inbox: tuple[InboxEvent, ...] | None = None
    idempotency_keys: tuple[IdempotencyKey, ...] | None = None
    discrepancies: tuple[Discrepancy, ...] | None = None
    endpoints: tuple[Endpoint, ...] | None = None
    outgoing_events: tuple[OutgoingEvent, ...] | None = None
    deliveries: tuple[Delivery, ...] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PspBooks:
    """What the PSP knows."""

    payments: tuple[PspPayment, ...]
    refunds: tuple[PspRefund, ...]
    movements: tuple[PspMovement, ...]
    journal: tuple[JournalEntry, ...]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, weakref_slot=True)
class Evidence:
    """Everything that a judge may look at; two are the same only if they are one, since equality would read it all."""

    manifest: Manifest
    diary: tuple[DiaryEntry, ...]
    service: ServiceBooks
    psp: PspBooks
    faults: tuple[FaultBite, ...]
    notices: tuple[Notice, ...] | None = None  # what merchants were told; None where nobody listens

    @property
    def is_old(self) -> bool:
        """Whether it was recorded before the PSP and the customers wrote down all that they do today."""
        return self.manifest.format < FORMAT

    def books(self) -> frozenset[str]:
        """Return what there is of what may be missing: `merchants`, and books such as `service.transitions`."""
        names = (column.name for column in fields(self.service))
        books = frozenset(f"service.{name}" for name in names if getattr(self.service, name) is not None)
        return books if self.notices is None else books | {"merchants"}


_SERVICE_ROWS: Mapping[str, type] = MappingProxyType(
    {
        "payments": Payment,
        "transitions": Transition,
        "attempts": Attempt,
        "refunds": Refund,
        "inbox": InboxEvent,
        "idempotency_keys": IdempotencyKey,
        "discrepancies": Discrepancy,
        "endpoints": Endpoint,
        "outgoing_events": OutgoingEvent,
        "deliveries": Delivery,
    }
)
_PSP_ROWS: Mapping[str, type] = MappingProxyType(
    {"payments": PspPayment, "refunds": PspRefund, "movements": PspMovement, "journal": JournalEntry}
)
_NOTICES = "merchants.jsonl"
_CONCLUSIONS = ("verdict.json", "report.html", "junit.xml")


@uncollected()
def load_run(folder: Path) -> Evidence:
    """Read a run folder.

    Raises:
        EvidenceError: The folder is not a run, or a file of it cannot be understood.
    """
    manifest = _read_manifest(folder / "manifest.json")
    known = Known()
    service: dict[str, Any] = {
        name: read_lines(path, row, known)
        for name, row in _SERVICE_ROWS.items()
        if (path := _path("service", name, folder)).exists()
    }
    return Evidence(
        manifest=manifest,
        diary=read_lines(folder / "diary.jsonl", DiaryEntry, known),
        service=ServiceBooks(**service),
        psp=PspBooks(**{name: read_lines(_path("psp", name, folder), row, known) for name, row in _PSP_ROWS.items()}),
        faults=read_lines(folder / "faults.jsonl", FaultBite, known),
        notices=read_lines(path, Notice, known) if (path := folder / _NOTICES).exists() else None,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """What a run left behind, checked row by row: to be judged as it is, or to be written into a folder."""

    evidence: Evidence
    digest: str  # of the records; the manifest has it as well
    files: Mapping[str, bytes]  # by name, the manifest last

    def write(self, folder: Path, *, timing: Mapping[str, Json]) -> None:
        """Write the run folder. What an earlier run left in it is removed."""
        _clear(folder)
        (folder / "timing.json").write_bytes(_pretty(timing))
        # The manifest comes last: a folder that has one is complete.
        for name, content in self.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)


def record_run(
    *,
    manifest: Mapping[str, Json],
    diary: Rows,
    service: Mapping[str, Rows],
    psp: Mapping[str, Rows],
    faults: Rows,
    notices: Rows | None = None,
) -> Record:
    """Check everybody's rows and return them as one record; `manifest` comes without `format` and `digest`.

    Raises:
        EvidenceError: A row is not readable, or a book has a name that nobody reads.
    """
    _check_names(service=service, psp=psp)
    books: dict[str, Rows] = {
        "diary.jsonl": diary,
        "faults.jsonl": faults,
        **({} if notices is None else {_NOTICES: notices}),
        **{f"psp/{name}.jsonl": rows for name, rows in psp.items()},
        **{f"service/{name}.jsonl": rows for name, rows in service.items()},
    }
    files = {name: to_lines(rows) for name, rows in sorted(books.items(), key=lambda item: item[0])}
    digest = _digest(files)
    complete = {**manifest, "format": FORMAT, "digest": digest}
    evidence = Evidence(
        manifest=schema_of(Manifest).read(complete, where="manifest.json"),
        diary=read_rows(diary, DiaryEntry, where="diary.jsonl"),
        service=ServiceBooks(**_read_books(service, _SERVICE_ROWS, part="service")),
        psp=PspBooks(**_read_books(psp, _PSP_ROWS, part="psp")),
        faults=read_rows(faults, FaultBite, where="faults.jsonl"),
        notices=None if notices is None else read_rows(notices, Notice, where=_NOTICES),
    )
    return Record(evidence=evidence, digest=digest, files={**files, "manifest.json": _pretty(complete)})


def _read_manifest(path: Path) -> Manifest:
    if not path.exists() and (logs := path.parent / "logs").is_dir():
        what = "the run did not get to its end, so nobody's books were read"
        raise EvidenceError(where=path.parent, what=what, mend=f"what was written until then is in {logs}")
    source = parse_object(read_bytes(path), where=str(path))
    if source.get("format") not in _READABLE:
        readable = " and ".join(map(str, _READABLE))
        what = f"evidence format {source.get('format')!r}, this judge reads formats {readable}"
        raise EvidenceError(where=path, what=what, mend="judge it with the version of paystorm that recorded it")
    manifest = schema_of(Manifest).read(source, where=str(path))
    if max(manifest.started_at_us, manifest.storm_ended_at_us, manifest.ended_at_us) >= _CALENDAR_ENDS_US:
        raise EvidenceError(where=path, what="a time that no calendar has", mend="record the run again")
    return manifest


def _check_names(*, service: Mapping[str, Rows], psp: Mapping[str, Rows]) -> None:
    if set(psp) != set(_PSP_ROWS):
        raise EvidenceError(where="psp", what=f"books {sorted(psp)}", mend=f"write exactly {sorted(_PSP_ROWS)}")
    if unknown := sorted(set(service) - set(_SERVICE_ROWS)):
        raise EvidenceError(where="service", what=f"nobody reads {unknown}", mend=f"choose of {sorted(_SERVICE_ROWS)}")


def _read_books(books: Mapping[str, Rows], kinds: Mapping[str, type], *, part: str) -> dict[str, Any]:
    return {name: read_rows(rows, kinds[name], where=f"{part}/{name}.jsonl") for name, rows in books.items()}


def _digest(contents: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name, content in contents.items():
        # Name and length go in front, so that no row can move from one file's end to the next one's beginning.
        digest.update(f"{name} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def _clear(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    books = [_path("service", name, folder) for name in _SERVICE_ROWS] + [
        _path("psp", name, folder) for name in _PSP_ROWS
    ]
    loose = [
        folder / name
        for name in ("manifest.json", "diary.jsonl", "faults.jsonl", _NOTICES, "timing.json", *_CONCLUSIONS)
    ]
    for path in loose + books:
        path.unlink(missing_ok=True)


def _path(part: str, book: str, folder: Path) -> Path:
    return folder / part / f"{book}.jsonl"


def _pretty(content: Mapping[str, Json]) -> bytes:
    return orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)
