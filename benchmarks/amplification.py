"""Large evidence out of a real run: its rows many times over, each time under other names and at another time.

What the rows look like, how many there are of each kind, what broke and what is wrong with them is the recorded run's;
so the judge has to say of the large run what it says of the small one. Names are told apart by a number at their end.
Mere text, such as the body of a webhook as it came, or the words of a problem, stays as it is: nobody looks in it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson

from reports.records import Json, JsonObject

_DENSITY = 10  # so many copies are under way at once
_NAMING = frozenset(
    {
        "attempt_id",
        "customer",
        "event_id",
        "id",
        "idempotency_key",
        "intent",
        "key",
        "movement_id",
        "order_id",
        "payment",
        "payment_id",
        "psp_id",
        "psp_key",
        "psp_object_id",
        "psp_refund_id",
        "refund",
        "refund_id",
        "request_id",
    }
)
_NAME, _NUMBER = "\ue000", "\ue001"  # where a copy has something of its own; no recorded run has these characters


def amplify(source: Path, target: Path, *, copies: int) -> None:
    """Write a run folder with every row of another one so many times, in a storm that is longer by as much."""
    manifest: JsonObject = orjson.loads((source / "manifest.json").read_bytes())
    books = {path.relative_to(source): _rows(path) for path in sorted(source.rglob("*.jsonl"))}
    mould = _Mould(
        names=frozenset(name for rows in books.values() for row in rows for name in _names(row)),
        step_us=(_integer(manifest, "storm_ended_at_us") - _integer(manifest, "started_at_us")) // _DENSITY,
        op_step=len(books[Path("diary.jsonl")]),
    )
    for name, rows in books.items():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        _write(target / name, [mould.line(row) for row in rows], copies)
    longer_us = (copies - 1) * mould.step_us
    manifest |= {name: _integer(manifest, name) + longer_us for name in ("storm_ended_at_us", "ended_at_us")}
    manifest |= {"story": f"{manifest['story']} All of it {copies:,} times over.", "digest": ""}
    (target / "manifest.json").write_bytes(orjson.dumps(manifest))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Line:
    """One row as text with gaps, and for each gap a number: what it is in the first copy, and by how much it grows."""

    text: bytes
    gaps: tuple[tuple[int, int], ...]

    def copy(self, number: int) -> bytes:
        return self.text % tuple(first + number * step for first, step in self.gaps)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Mould:
    """What tells the copies of a row apart."""

    names: frozenset[str]
    step_us: int
    op_step: int

    def line(self, row: JsonObject) -> _Line:
        gaps: list[tuple[int, int]] = []
        text = orjson.dumps(self._with_gaps(row, "", gaps), option=orjson.OPT_APPEND_NEWLINE)
        for mark in (f'"{_NUMBER}"', _NAME):
            text = text.replace(b"%", b"%%") if mark != _NAME else text
            text = text.replace(mark.encode(), b"%d")
        return _Line(text=text, gaps=tuple(gaps))

    def _with_gaps(self, value: Json, key: str, gaps: list[tuple[int, int]]) -> Json:
        match value:
            case dict():
                return {name: self._with_gaps(part, name, gaps) for name, part in value.items()}
            case list():
                return [self._with_gaps(part, key, gaps) for part in value]
            case str() if value in self.names:
                gaps.append((0, 1))
                return f"{value}~{_NAME}"
            case int() if key == "op" or key.endswith("_at_us"):
                gaps.append((value, self.op_step if key == "op" else self.step_us))
                return _NUMBER
            case _:
                return value


def _names(value: Json, key: str = "") -> Iterator[str]:
    match value:
        case dict():
            for name, part in value.items():
                yield from _names(part, name)
        case str() if key in _NAMING:
            yield value


def _rows(path: Path) -> list[JsonObject]:
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]


def _write(path: Path, lines: Iterable[_Line], copies: int) -> None:
    with path.open("wb") as file:
        for number in range(copies):
            file.writelines(line.copy(number) for line in lines)


def _integer(manifest: JsonObject, name: str) -> int:
    value = manifest[name]
    assert isinstance(value, int), "the manifest of a recorded run has been read before"
    return value
