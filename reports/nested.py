"""Rows and counts within a JSON file: what `jsonlines` is for a file of rows.

A summary that somebody has damaged is refused with its place, like evidence.
"""

from collections.abc import Mapping
from pathlib import Path

from reports.errors import EvidenceError
from reports.jsonlines import parse_object, read_bytes, read_rows
from reports.records import Json
from reports.schema import schema_of

_MEND = "have it written again by the command that wrote it"


def read_file[Row](path: Path, row: type[Row]) -> Row:
    """Return the one object of a JSON file.

    Raises:
        EvidenceError: The file is missing or not such an object.
    """
    return schema_of(row).read(parse_object(read_bytes(path), where=str(path)), where=str(path))


def rows_in[Row](source: Json, row: type[Row], *, where: str) -> tuple[Row, ...]:
    """Return the rows of a list.

    Raises:
        EvidenceError: It is no list of such rows.
    """
    objects = [one for one in source if isinstance(one, dict)] if isinstance(source, list) else []
    if not isinstance(source, list) or len(objects) < len(source):
        raise EvidenceError(where=where, what="not a list of objects", mend=_MEND)
    return read_rows(objects, row, where=where)


def numbers_in(source: Json, *, where: str) -> dict[str, int | float]:
    """Return numbers by name.

    Raises:
        EvidenceError: A value is no number.
    """
    return {name: _number(value, where=f"{where} {name}") for name, value in _object(source, where=where).items()}


def names_in(source: Json, *, where: str) -> tuple[str, ...]:
    """Return a list of names.

    Raises:
        EvidenceError: It is none.
    """
    names = [one for one in source if isinstance(one, str)] if isinstance(source, list) else []
    if not isinstance(source, list) or len(names) < len(source):
        raise EvidenceError(where=where, what="not a list of names", mend=_MEND)
    return tuple(names)


def pair_in(source: Json, *, where: str) -> tuple[int, int]:
    """Return two whole numbers.

    Raises:
        EvidenceError: It is something else.
    """
    match source:
        case [int(first), int(last)]:
            return first, last
    raise EvidenceError(where=where, what="not two whole numbers", mend=_MEND)


def _object(source: Json, *, where: str) -> Mapping[str, Json]:
    if not isinstance(source, dict):
        raise EvidenceError(where=where, what="not an object", mend=_MEND)
    return source


def _number(value: Json, *, where: str) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise EvidenceError(where=where, what=f"{value!r:.60} is not a number", mend=_MEND)
    return value
