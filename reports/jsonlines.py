"""JSON lines to typed rows and back, with the class as the schema.

A key that the class does not know is ignored, so that a newer writer may add columns. A missing key, or a value of
another type, is refused with file, line and key: a judge that guesses what a row means is worse than none.
"""

import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from reports.errors import EvidenceError
from reports.records import Json, JsonObject


class Schema[Row]:
    """How to read rows of one class."""

    def __init__(self, row: type[Row]) -> None:
        self._row = row
        hints = typing.get_type_hints(row)
        self._columns = [(column.name, _allowed_types(hints[column.name])) for column in fields(row)]  # type: ignore[arg-type]  # a TypeVar cannot be bound to "some dataclass"
        self._required = frozenset(
            column.name
            for column in fields(row)  # type: ignore[arg-type]  # as above
            if column.default is MISSING and column.default_factory is MISSING
        )

    def read(self, source: Mapping[str, Json], *, where: str) -> Row:
        """Return the row that this JSON object describes.

        Raises:
            EvidenceError: A key is missing or has a value of the wrong type.
        """
        values: dict[str, Json] = {}
        for name, allowed in self._columns:
            if name in source:
                value = source[name]
                # The exact type, because a bool is an int to isinstance and True is not an amount.
                if allowed is not None and type(value) not in allowed:
                    raise EvidenceError(where=where, what=_misfit(name, value, allowed), mend=_MEND)
                values[name] = value
            elif name in self._required:
                raise EvidenceError(where=where, what=f"key {name!r} is missing", mend=_MEND)
        return self._row(**values)


_MEND = "record the run again, or write the folder with reports.evidence.write_run"


def read_lines[Row](path: Path, row: type[Row]) -> tuple[Row, ...]:
    """Return the rows of a JSON-lines file.

    Raises:
        EvidenceError: The file is missing or a line is not such a row.
    """
    schema = schema_of(row)
    rows = []
    for number, line in enumerate(read_bytes(path).splitlines(), start=1):
        if line.strip():
            where = f"{path} line {number}"
            rows.append(schema.read(parse_object(line, where=where), where=where))
    return tuple(rows)


def read_bytes(path: Path) -> bytes:
    """Return a file's content.

    Raises:
        EvidenceError: There is no such file, or it cannot be read.
    """
    try:
        if path.exists() and not path.is_file():  # a pipe would keep us waiting, and a device would never end
            raise EvidenceError(where=path, what="not a file", mend="give the folder of a finished run")
        return path.read_bytes()
    except OSError as error:
        reason = error.strerror or "cannot be read"
        raise EvidenceError(where=path, what=reason.lower(), mend="give the folder of a finished run") from None


def parse_object(text: bytes, *, where: str) -> JsonObject:
    """Return the JSON object in this text.

    Raises:
        EvidenceError: It is not JSON, or not an object.
    """
    try:
        parsed: Json = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise EvidenceError(where=where, what=f"not JSON ({error})", mend="the file was cut off or edited") from None
    if not isinstance(parsed, dict):
        raise EvidenceError(where=where, what="not a JSON object", mend=_MEND)
    return parsed


def read_rows[Row](sources: Iterable[Mapping[str, Json]], row: type[Row], *, where: str) -> tuple[Row, ...]:
    """Return the rows that these JSON objects describe.

    Raises:
        EvidenceError: One of them is not such a row.
    """
    schema = schema_of(row)
    return tuple(schema.read(source, where=f"{where} row {number}") for number, source in enumerate(sources, start=1))


def to_lines(sources: Iterable[Mapping[str, Json]]) -> bytes:
    """Return JSON objects as lines with sorted keys."""
    options = orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
    return b"".join(orjson.dumps(source, option=options) for source in sources)


def schema_of[Row](row: type[Row]) -> Schema[Row]:
    """Return how to read rows of this class; worked out once."""
    schema: Schema[Row] = _schema(row)  # type: ignore[arg-type]  # every class can be hashed
    return schema


@cache
def _schema(row: type[Any]) -> Schema[Any]:
    return Schema(row)


def _allowed_types(hint: object) -> frozenset[type] | None:
    """Return the exact types that a field may hold, or None where any JSON is welcome."""
    if hint is Json:
        return None
    if isinstance(hint, typing.TypeAliasType):
        return _allowed_types(hint.__value__)
    if isinstance(hint, types.UnionType):
        # No union in the records contains Json, which alone has no list of types.
        return frozenset(allowed for part in typing.get_args(hint) for allowed in _allowed_types(part) or ())
    plain = typing.get_origin(hint) or hint
    assert isinstance(plain, type), f"a record has a field of a kind that cannot be read: {hint}"
    return frozenset({plain})


def _misfit(name: str, value: Json, allowed: frozenset[type]) -> str:
    wanted = " or ".join(sorted(_NAMES.get(kind, kind.__name__) for kind in allowed))
    return f"{name} is {value!r:.60}, expected {wanted}"


_NAMES = types.MappingProxyType(
    {
        int: "an integer",
        str: "text",
        bool: "true or false",
        types.NoneType: "null",
        dict: "an object",
        float: "a number",
    }
)
