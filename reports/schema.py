"""One JSON object to a typed row, with the class as the schema.

A key that the class does not know is ignored, so that a newer writer may add columns. A missing key, or a value of
another type, is refused with its place and key: a judge that guesses what a row means is worse than none.
"""

import types
import typing
from collections.abc import Mapping
from functools import cache
from inspect import Parameter, signature
from typing import Any

import orjson
from msgspec import Struct

from reports.errors import EvidenceError
from reports.records import Json, JsonText, KeptWith

MEND = "record the run again, or write the folder with reports.record_run"


class Schema[Row]:
    """How to read a row of one class: a dataclass or a struct."""

    def __init__(self, row: type[Row]) -> None:
        self._row = row
        hints = typing.get_type_hints(row, include_extras=True)
        self._columns = [
            _Column(name, hints[name], is_required=parameter.default is Parameter.empty)
            for name, parameter in signature(row).parameters.items()
        ]

    def read(self, source: Mapping[str, Json], *, where: str) -> Row:
        """Return the row that this JSON object describes.

        Raises:
            EvidenceError: A key is missing or has a value of the wrong type.
        """
        for column in self._columns:
            column.check(source, where=where)
        return self._row(
            **{column.name: column.value(source, where=where) for column in self._columns if column.is_in(source)}
        )


class _Column:
    """One field of the row."""

    def __init__(self, name: str, hint: Any, *, is_required: bool) -> None:
        self.name = name
        self._is_required = is_required
        self._kept_with = kept_with(hint)
        self._is_text = plain(hint) is JsonText
        self._allowed = allowed_types(hint)
        self._row = inner_row(hint)

    def check(self, source: Mapping[str, Json], *, where: str) -> None:
        """Look at the value of one row.

        Raises:
            EvidenceError: It is missing or of the wrong type.
        """
        if self.name not in source:
            if self._is_required:
                raise EvidenceError(where=where, what=f"key {self.name!r} is missing", mend=MEND)
            return
        # The exact type, because a bool is an int to isinstance and True is not an amount.
        value = source[self.name]
        if self._allowed is not None and type(value) not in self._allowed:
            raise EvidenceError(where=where, what=_misfit(self.name, value, self._allowed), mend=MEND)

    def is_in(self, source: Mapping[str, Json]) -> bool:
        """Tell whether an object has anything for this field that is to be kept."""
        return self.name in source and (self._kept_with is None or source.get(self._kept_with) is not None)

    def value(self, source: Mapping[str, Any], *, where: str) -> Any:
        """Return what the row is to hold.

        Raises:
            EvidenceError: It is a row itself, and cannot be read.
        """
        value = source[self.name]
        if self._row is not None:
            return schema_of(self._row).read(value, where=f"{where}, {self.name}")
        return _as_text(value) if self._is_text else value


def schema_of[Row](row: type[Row]) -> Schema[Row]:
    """Return how to read rows of this class; worked out once."""
    schema: Schema[Row] = _schema(row)  # type: ignore[arg-type]  # every class can be hashed
    return schema


@cache
def _schema(row: type[Any]) -> Schema[Any]:
    return Schema(row)


def plain(hint: Any) -> Any:
    """Return the type of a field without the remarks about it."""
    return hint.__origin__ if typing.get_origin(hint) is typing.Annotated else hint


def remarks(hint: Any) -> tuple[Any, ...]:
    """Return the remarks about a field."""
    return getattr(hint, "__metadata__", ())


def kept_with(hint: Any) -> str | None:
    """Return the name of the field without which this one is not kept, if there is such a one."""
    return next((remark.other for remark in remarks(hint) if isinstance(remark, KeptWith)), None)


def inner_row(hint: Any) -> type[Struct] | None:
    """Return the class of the row that a field holds, if it holds one."""
    hint = plain(hint)
    return hint if isinstance(hint, type) and issubclass(hint, Struct) else None


def allowed_types(hint: Any) -> frozenset[type] | None:
    """Return the exact types that a field may hold, or None where any JSON is welcome."""
    hint = plain(hint)
    if hint in (Json, JsonText):
        return None
    if isinstance(hint, typing.TypeAliasType):
        return allowed_types(hint.__value__)
    if isinstance(hint, types.UnionType):
        # No union in the records contains Json, which alone has no list of types.
        return frozenset(allowed for part in typing.get_args(hint) for allowed in allowed_types(part) or ())
    kind = dict if inner_row(hint) is not None else typing.get_origin(hint) or hint
    assert isinstance(kind, type), f"a record has a field of a kind that cannot be read: {hint}"
    return frozenset({kind})


def _as_text(value: Json) -> JsonText:
    # Decoding makes a copy of the right length; what orjson returns holds on to the buffer that it was written in.
    return None if value is None else orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


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
