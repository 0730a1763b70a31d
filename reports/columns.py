"""Many rows of evidence at a time: decoded by msgspec, which knows their class, then shared and filled by columns.

A book may have millions of rows. Here they are only read, and nothing is said about what is wrong with them: whoever
is told that it did not work asks `schema`, which is slow and exact. What is accepted here is accepted there as well,
but for numbers beyond all measure where nobody reads them.
"""

import operator
import types
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, reduce
from typing import Annotated, Any, get_type_hints

import msgspec

from reports.records import SINGLE, Json, JsonText
from reports.schema import allowed_types, kept_with, plain, remarks

_EMPTY: list[Json] = []  # one for all rows, none of which is ever changed
_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)

# What does not fit into a machine's word is a number with a fraction to whoever reads exactly, and so no integer.
_Word = Annotated[int, msgspec.Meta(ge=-(1 << 63), le=(1 << 63) - 1)]

type _Columns = Mapping[str, Sequence[Any]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """What was read so far: rows that say the same share one object, or names alone would fill the memory."""

    texts: dict[Any, Any] = field(default_factory=dict)
    numbers: dict[Any, Any] = field(default_factory=dict)  # apart from what is no number: to a dictionary 1 is True


class Reader[Row: msgspec.Struct]:
    """How to read many rows of one class."""

    def __init__(self, row: type[Row]) -> None:
        hints = get_type_hints(row, include_extras=True)
        self._row = row
        self._columns = [_Column(name, hints[name]) for name in row.__struct_fields__]
        self._decode = msgspec.json.Decoder(_wire(row, hints)).decode_lines

    def read(self, lines: bytes, known: Known) -> list[Row] | None:
        """Return the rows in these lines, or None if each of them has to be looked at."""
        try:
            # What is skipped has to be text as well, and is not looked at by the decoder.
            found = self._decode(lines) if lines.isascii() or lines.decode() else []
        except _UNREADABLE:
            return None
        if not (lines.count(b"}\n{") + 1 == len(found) == lines.removesuffix(b"\n").count(b"\n") + 1):
            return None  # a blank line, two rows on one, or one on two
        values = zip(*map(msgspec.structs.astuple, found), strict=True)
        columns = dict(zip(self._row.__struct_fields__, values, strict=False))  # of no rows there are no columns
        return list(map(self._row, *(column.shared(columns, known) for column in self._columns))) if columns else []


class _Column:
    """One field of the rows."""

    def __init__(self, name: str, hint: Any) -> None:
        self._name = name
        self._kept_with = kept_with(hint)
        # Most moments are one row's or two rows' own: to keep them at hand would cost more than it saves.
        self._is_single = SINGLE in remarks(hint) or name.endswith("at_us")
        self._is_text = plain(hint) is JsonText
        self._kinds = (allowed_types(hint) or frozenset()) - {types.NoneType}

    def shared(self, columns: _Columns, known: Known) -> Iterable[Any]:
        """Return the values of this field, each the same object wherever it is the same."""
        values = columns[self._name]
        if self._is_text:
            texts = [_text(raw) if is_kept else None for raw, is_kept in zip(values, self._kept(columns), strict=True)]
            return map(known.texts.setdefault, texts, texts)
        if self._is_single:
            return values
        if self._kinds == {str}:
            return map(known.texts.setdefault, values, values)
        if self._kinds == {int}:
            return map(known.numbers.setdefault, values, values)
        if self._kinds == {dict}:
            return [_with_shared_texts(value, known) for value in values]
        return [value or _EMPTY for value in values] if self._kinds == {list} else values

    def _kept(self, columns: _Columns) -> Iterable[bool]:
        values = columns[self._name if self._kept_with is None else self._kept_with]
        return (value is not None for value in values)


def reader_of[Row: msgspec.Struct](row: type[Row]) -> Reader[Row]:
    """Return how to read rows of this class; worked out once."""
    reader: Reader[Row] = _reader(row)
    return reader


@cache
def _reader(row: type[Any]) -> Reader[Any]:
    return Reader(row)


def _wire(row: type[msgspec.Struct], hints: Mapping[str, Any]) -> type[msgspec.Struct]:
    """Return the class of what stands in a line: the row's fields, before anything is made of their values."""
    columns = [(one.name, _wire_type(hints[one.name]), _default(one)) for one in msgspec.structs.fields(row)]
    return msgspec.defstruct(row.__name__, columns, frozen=True, gc=False)


def _default(column: msgspec.structs.FieldInfo) -> Any:
    if column.default_factory is not msgspec.NODEFAULT:
        return msgspec.field(default_factory=column.default_factory)
    return msgspec.field(default=column.default)  # which may be that there is none


def _wire_type(hint: Any) -> Any:
    if plain(hint) is JsonText:
        return msgspec.Raw
    allowed = allowed_types(hint)
    return Any if allowed is None else reduce(operator.or_, (_Word if kind is int else kind for kind in allowed))


def _text(raw: msgspec.Raw | None) -> JsonText:
    text = b"null" if raw is None else bytes(raw)
    return None if text == b"null" else text.decode()


def _with_shared_texts(value: dict[str, Json], known: Known) -> dict[str, Json]:
    share = known.texts.setdefault
    for name, part in value.items():
        if type(part) is str:
            value[name] = share(part, part)
    return value
