"""Files of JSON lines to typed rows and back; what cannot be read is refused with file and line."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import orjson
from msgspec import Struct

from reports.columns import Known, reader_of
from reports.errors import EvidenceError
from reports.records import Json, JsonObject
from reports.schema import MEND, schema_of

_BUFFER = 1 << 16  # bytes; with the usual few thousand, a line often ends in the next piece
_CHUNK = 160_000  # bytes; enough rows to be read by columns, few enough to stay in a processor's cache


def read_lines[Row: Struct](path: Path, row: type[Row], known: Known) -> tuple[Row, ...]:
    """Return the rows of a JSON-lines file.

    Raises:
        EvidenceError: The file is missing or a line is not such a row.
    """
    reader, rows, number = reader_of(row), list[Row](), 1
    with _opened(path) as file:
        while lines := file.readlines(_CHUNK):
            rows += reader.read(lines, known) or _read_singly(lines, row, path=path, number=number)
            number += len(lines)
    return tuple(rows)


def _read_singly[Row](lines: Iterable[bytes], row: type[Row], *, path: Path, number: int) -> list[Row]:
    """Read lines that could not be read together, to say what is wrong with the first that is none."""
    schema = schema_of(row)
    places = ((line, f"{path} line {place}") for place, line in enumerate(lines, start=number) if not line.isspace())
    return [schema.read(parse_object(line, where=where), where=where) for line, where in places]


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        if path.exists() and not path.is_file():  # a pipe would keep us waiting, and a device would never end
            raise EvidenceError(where=path, what="not a file", mend="give the folder of a finished run")
        with path.open("rb", buffering=_BUFFER) as file:
            yield file
    except OSError as error:
        reason = error.strerror or "cannot be read"
        raise EvidenceError(where=path, what=reason.lower(), mend="give the folder of a finished run") from None


def read_bytes(path: Path) -> bytes:
    """Return a file's content.

    Raises:
        EvidenceError: There is no such file, or it cannot be read.
    """
    with _opened(path) as file:
        return file.read()


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
        raise EvidenceError(where=where, what="not a JSON object", mend=MEND)
    return parsed


def read_rows[Row](sources: Sequence[Mapping[str, Json]], row: type[Row], *, where: str) -> tuple[Row, ...]:
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
