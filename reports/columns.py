"""Many rows of evidence at a time: decoded by msgspec, which knows their class, then shared and filled by columns.

A book may have millions of rows. Here they are only read, and nothing is said about what is wrong with them: whoever
is told that it did not work asks `schema`, which is slow and exact. What is accepted here is accepted there as well,
but for numbers beyond all measure where nobody reads them.
"""

import operator
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, reduce
from typing import Annotated, Any, get_type_hints

import msgspec

from reports.records import SINGLE, Json, JsonText
from reports.schema import allowed_types, inner_row, kept_with, plain, remarks

_EMPTY: list[Json] = []  # one for all rows, none of which is ever changed
_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)

# What does not fit into a machine's word is a number with a fraction to whoever reads exactly, and so no integer.
_Word = Annotated[int, msgspec.Meta(ge=-(1 << 63), le=(1 << 63) - 1)]

type _Share = Callable[[Sequence[Any], Known], Iterable[Any]]
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
        self._decode = msgspec.json.Decoder(_wire(row, hints)).decode

    def read(self, lines: Sequence[bytes], known: Known) -> list[Row] | None:
        """Return the rows that these lines are, or None if each of them has to be looked at."""
        try:
            _assert_text(lines)
            found = list(map(self._decode, lines))
        except _UNREADABLE:
            return None
        return list(self.made(found, known))

    def made(self, found: Iterable[msgspec.Struct], known: Known) -> Iterable[Row]:
        """Return the rows that were found in lines, with what they say in common shared."""
        values = zip(*map(msgspec.structs.astuple, found), strict=True)
        columns = dict(zip(self._row.__struct_fields__, values, strict=False))  # of no rows there are no columns
        return map(self._row, *(column.shared(columns, known) for column in self._columns)) if columns else ()


class _Column:
    """One field of the rows."""

    def __init__(self, name: str, hint: Any) -> None:
        self._name = name
        self._kept_with = kept_with(hint)
        self._is_text = plain(hint) is JsonText
        self._share = _sharing(name, hint)

    def shared(self, columns: _Columns, known: Known) -> Iterable[Any]:
        """Return the values of this field, each the same object wherever it is the same."""
        values = columns[self._name]
        if self._is_text:
            values = [_text(raw) if is_kept else None for raw, is_kept in zip(values, self._kept(columns), strict=True)]
        return self._share(values, known)

    def _kept(self, columns: _Columns) -> Iterable[bool]:
        values = columns[self._name if self._kept_with is None else self._kept_with]
        return (value is not None for value in values)


def _sharing(name: str, hint: Any) -> _Share:
    """Return how the values of a field are shared."""
    if (row := inner_row(hint)) is not None:
        return reader_of(row).made
    # Most moments are one row's or two rows' own: to keep them at hand would cost more than it saves.
    if SINGLE in remarks(hint) or name.endswith("at_us"):
        return _as_they_are
    if (allowed := allowed_types(hint)) is None:
        return _texts if plain(hint) is JsonText else _whatever_they_are
    return _SHARES.get(allowed - {types.NoneType}, _as_they_are)


def _as_they_are(values: Sequence[Any], _known: Known) -> Sequence[Any]:
    return values


def _texts(values: Sequence[Any], known: Known) -> Iterable[Any]:
    return map(known.texts.setdefault, values, values)


def _numbers(values: Sequence[Any], known: Known) -> Iterable[Any]:
    return map(known.numbers.setdefault, values, values)


def _lists(values: Sequence[Any], _known: Known) -> Iterable[Any]:
    return [value or _EMPTY for value in values]


def _whatever_they_are(values: Sequence[Any], known: Known) -> Iterable[Any]:
    share = known.texts.setdefault
    return [share(value, value) if type(value) is str else value for value in values]


_SHARES: Mapping[frozenset[type], _Share] = types.MappingProxyType(
    {frozenset({str}): _texts, frozenset({int}): _numbers, frozenset({list}): _lists}
)


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
    if (row := inner_row(hint)) is not None:
        return _wire(row, get_type_hints(row, include_extras=True))
    allowed = allowed_types(hint)
    return Any if allowed is None else reduce(operator.or_, (_Word if kind is int else kind for kind in allowed))


def _assert_text(lines: Iterable[bytes]) -> None:
    """What is skipped has to be text as well, and is not looked at by the decoder."""
    if not all(map(bytes.isascii, lines)):
        b"".join(lines).decode()


def _text(raw: msgspec.Raw | None) -> JsonText:
    text = b"null" if raw is None else bytes(raw)
    return None if text == b"null" else text.decode()
