"""JSON objects to typed rows, with the class as the schema.

A key that the class does not know is ignored, so that a newer writer may add columns. A missing key, or a value of
another type, is refused with its place and key: a judge that guesses what a row means is worse than none.

Rows are read many at a time, a column after the other, because a book may have millions of them. Where anything is
wrong among them they are read again one by one, which is slow and can say what it is.
"""

import types
import typing
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields
from functools import cache
from itertools import repeat
from typing import Any

import orjson

from reports.errors import EvidenceError
from reports.records import KEPT_WITH, SINGLE, Json, JsonText

MEND = "record the run again, or write the folder with reports.evidence.write_run"
_ABSENT = object()  # of no type that any column allows
_EMPTY: list[Json] = []  # one for all rows, none of which is ever changed


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """What was read so far: rows that say the same share one object, or names and times alone would fill the memory."""

    texts: dict[Any, Any] = field(default_factory=dict)
    numbers: dict[Any, Any] = field(default_factory=dict)  # apart from what is no number: to a dictionary 1 is True


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
        rows = self.read_all([source], Known())
        assert rows is not None, "what was checked can be read"
        return rows[0]

    def read_all(self, sources: Sequence[Mapping[str, Json]], known: Known) -> list[Row] | None:
        """Return the rows that these JSON objects describe, or None if one of them is not such a row."""
        # What a frozen row's own __init__ does, value by value, here a column at a time: it was half of all reading.
        rows = list(map(object.__new__, repeat(self._row, len(sources))))
        for column in self._columns:
            values = column.read(sources, known)
            if values is None:
                return None
            deque(map(column.put, rows, values), maxlen=0)
        return rows


class _Column:
    """One field of the rows."""

    def __init__(self, row: type, column: "Field[Any]", hint: object) -> None:
        self.put = row.__dict__[column.name].__set__  # into the slot
        self._name = column.name
        self._kept_with: str | None = column.metadata.get(KEPT_WITH)
        self._is_single = column.metadata == SINGLE
        self._is_text = hint is JsonText
        self._allowed = _allowed_types(hint)
        self._default: Any = _ABSENT
        if column.default is not MISSING:
            self._default = column.default
        elif column.default_factory is not MISSING:
            self._default = column.default_factory()  # for all rows, none of which is ever changed

    def check(self, source: Mapping[str, Json], *, where: str) -> None:
        """Look at the value of one row.

        Raises:
            EvidenceError: It is missing or of the wrong type.
        """
        value = source.get(self._name, self._default)
        if value is _ABSENT:
            raise EvidenceError(where=where, what=f"key {self._name!r} is missing", mend=MEND)
        # The exact type, because a bool is an int to isinstance and True is not an amount.
        if self._allowed is not None and type(value) not in self._allowed:
            raise EvidenceError(where=where, what=_misfit(self._name, value, self._allowed), mend=MEND)

    def read(self, sources: Sequence[Mapping[str, Json]], known: Known) -> list[Any] | None:
        """Return the values of many rows, or None if one of them is missing or of the wrong type."""
        name, default = self._name, self._default
        if self._kept_with is not None:
            sources = [source if source.get(self._kept_with) is not None else {} for source in sources]
        values: list[Any] = [source.get(name, default) for source in sources]
        if self._allowed is not None and not self._allowed.issuperset(map(type, values)):
            return None
        if self._is_text:
            values = list(map(_as_text, values))
        return self._shared(values, known)

    def _shared(self, values: list[Any], known: Known) -> list[Any]:
        kinds = (self._allowed or frozenset()) - {types.NoneType}
        if kinds == {str} or self._is_text:
            return list(map(known.texts.setdefault, values, values))
        if kinds == {int} and not self._is_single:
            return list(map(known.numbers.setdefault, values, values))
        if kinds == {dict}:
            return [None if value is None else _with_shared_texts(value, known) for value in values]
        if kinds == {list}:
            return [_EMPTY if value == [] else value for value in values]
        return values


def schema_of[Row](row: type[Row]) -> Schema[Row]:
    """Return how to read rows of this class; worked out once."""
    schema: Schema[Row] = _schema(row)  # type: ignore[arg-type]  # every class can be hashed
    return schema


@cache
def _schema(row: type[Any]) -> Schema[Any]:
    return Schema(row)


def _with_shared_texts(value: dict[str, Json], known: Known) -> dict[str, Json]:
    share = known.texts.setdefault
    return {name: share(part, part) if type(part) is str else part for name, part in value.items()}


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
