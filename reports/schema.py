"""JSON objects to typed rows, with the class as the schema.

A key that the class does not know is ignored, so that a newer writer may add columns. A missing key, or a value of
another type, is refused with its place and key: a judge that guesses what a row means is worse than none.

Rows are read many at a time, a column after the other, because a book may have millions of them. Where anything is
wrong among them they are read again one by one, which is slow and can say what it is.
"""

import types
import typing
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, Field, fields
from functools import cache
from itertools import repeat
from typing import Any

import orjson

from reports.errors import EvidenceError
from reports.records import Json, JsonText

MEND = "record the run again, or write the folder with reports.evidence.write_run"
_TEXT = frozenset({str, types.NoneType})
_ABSENT = object()  # of no type that any column allows

type Known = dict[str, str]
"""Every name and word met so far: rows that say the same share one string, or names alone would fill the memory."""


class Schema[Row]:
    """How to read rows of one class."""

    def __init__(self, row: type[Row]) -> None:
        self._row = row
        hints = typing.get_type_hints(row)
        self._columns = [_Column(row, column, hints[column.name]) for column in fields(row)]  # type: ignore[arg-type]  # a TypeVar cannot be bound to "some dataclass"

    def read(self, source: Mapping[str, Json], *, where: str) -> Row:
        """Return the row that this JSON object describes.

        Raises:
            EvidenceError: A key is missing or has a value of the wrong type.
        """
        for column in self._columns:
            column.check(source, where=where)
        return self._filled([[column.kept(source.get(column.name, column.default))] for column in self._columns])[0]

    def read_all(self, sources: Sequence[Mapping[str, Json]], known: Known) -> list[Row] | None:
        """Return the rows that these JSON objects describe, or None if one of them is not such a row."""
        if not sources:
            return []
        columns = [column.read(sources, known) for column in self._columns]
        whole = [values for values in columns if values is not None]
        return self._filled(whole) if len(whole) == len(columns) else None

    def _filled(self, columns: Sequence[Sequence[object]]) -> list[Row]:
        # What a frozen row's own __init__ does, value by value, here a column at a time: it was half of all reading.
        rows = list(map(object.__new__, repeat(self._row, len(columns[0]))))
        for column, values in zip(self._columns, columns, strict=True):
            deque(map(column.put, rows, values), maxlen=0)
        return rows


class _Column:
    """One field of the rows."""

    def __init__(self, row: type, column: "Field[Any]", hint: object) -> None:
        self.name = column.name
        self.put = row.__dict__[column.name].__set__  # into the slot
        self._is_text = hint is JsonText
        self._allowed = _allowed_types(hint)
        self.default: Any = _ABSENT
        if column.default is not MISSING:
            self.default = column.default
        elif column.default_factory is not MISSING:
            self.default = column.default_factory()  # for all rows, none of which is ever changed

    def check(self, source: Mapping[str, Json], *, where: str) -> None:
        """Look at the value of one row.

        Raises:
            EvidenceError: It is missing or of the wrong type.
        """
        value = source.get(self.name, self.default)
        if value is _ABSENT:
            raise EvidenceError(where=where, what=f"key {self.name!r} is missing", mend=MEND)
        # The exact type, because a bool is an int to isinstance and True is not an amount.
        if self._allowed is not None and type(value) not in self._allowed:
            raise EvidenceError(where=where, what=_misfit(self.name, value, self._allowed), mend=MEND)

    def kept(self, value: Json) -> object:
        """Return a value as the row keeps it."""
        return _as_text(value) if self._is_text else value

    def read(self, sources: Iterable[Mapping[str, Json]], known: Known) -> list[Any] | None:
        """Return the values of many rows, or None if one of them is missing or of the wrong type."""
        name, default = self.name, self.default
        values: list[Any] = [source.get(name, default) for source in sources]
        if self._is_text:
            values = list(map(_as_text, values))
        elif self._allowed is None:
            return values
        elif not self._allowed.issuperset(map(type, values)):
            return None
        elif not self._allowed <= _TEXT:
            return values
        return list(map(known.setdefault, values, values))


def schema_of[Row](row: type[Row]) -> Schema[Row]:
    """Return how to read rows of this class; worked out once."""
    schema: Schema[Row] = _schema(row)  # type: ignore[arg-type]  # every class can be hashed
    return schema


@cache
def _schema(row: type[Any]) -> Schema[Any]:
    return Schema(row)


def _as_text(value: Json) -> str | None:
    # Decoding makes a copy of the right length; what orjson returns holds on to the buffer that it was written in.
    return None if value is None else orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def _allowed_types(hint: object) -> frozenset[type] | None:
    """Return the exact types that a field may hold, or None where any JSON is welcome."""
    if hint in (Json, JsonText):
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
